/**
 * What a recovery could miss, judged from the disks alone and by the design's own words, not by the
 * code that recovers: with so many answers as design.md section 2.8 asks for, would every entry that
 * may never vanish be seen? Tried for every set of followers that could be the ones that answer.
 */
import type { Entry, FloorNote, NodeId, Sequence } from "../../src/replication/types.ts";
import type { DiskLook } from "../support/volatile-storage.ts";
import type { Known } from "./history.ts";

interface Facts {
  readonly blank: boolean;
  readonly floor: FloorNote | undefined;
  readonly applied: Sequence;
  readonly log: ReadonlyMap<Sequence, Entry>;
}

const everything = {
  entriesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
};

const emptyDisk: Facts = { blank: true, floor: undefined, applied: 0, log: new Map() };

function factsOf(disk: DiskLook): Facts {
  const { blank, floor } = disk.marks();
  const { applied } = disk.summary();
  const log = new Map(disk.readLog(1, everything).map((entry) => [entry.sequence, entry]));
  return { blank, floor, applied, log };
}

export interface Disks {
  readonly leader: NodeId;
  readonly looks: ReadonlyMap<NodeId, DiskLook>;
  /** This node's disk is taken for empty. */
  readonly without: NodeId | undefined;
  /** The write quorum that the leader would start with. */
  readonly writeQuorum: number;
  readonly contentOf: (entry: Entry) => string;
}

/** Entries that some recovery could miss. `known` gives those above a mark that must be seen. */
export function whatRecoveryCouldMiss(
  disks: Disks,
  known: (above: Sequence) => Iterable<[Sequence, Known]>,
): ReadonlyMap<Sequence, Known> {
  const { leader, looks, without } = disks;
  const facts = new Map(
    [...looks].map(([id, look]) => [id, id === without ? emptyDisk : factsOf(look)]),
  );
  const own = facts.get(leader) ?? emptyDisk;
  const marks = looks.get(leader)?.marks();
  const intact =
    leader !== without && marks !== undefined && marks.reignEpoch === marks.promisedEpoch;
  const missed = new Map<Sequence, Known>();
  const note = (seen: readonly Facts[]) => {
    const through = Math.max(...seen.map(({ applied }) => applied));
    for (const [sequence, entry] of known(through))
      if (newest(seen, sequence, disks) !== entry.content) missed.set(sequence, entry);
  };
  if (intact && marks.reignEpoch > 0) note([own]);
  else {
    const others = [...facts].filter(([id]) => id !== leader).map(([, other]) => other);
    for (const answers of subsets(others))
      if (isEnough(answers, { own, followers: others.length, writeQuorum: disks.writeQuorum }))
        note([own, ...answers]);
  }
  return missed;
}

/** The entry of the highest epoch at a sequence, as its content. */
function newest(
  seen: readonly Facts[],
  sequence: Sequence,
  { contentOf }: Disks,
): string | undefined {
  let best: Entry | undefined;
  for (const { log } of seen) {
    const entry = log.get(sequence);
    if (entry !== undefined && (best === undefined || entry.epoch > best.epoch)) best = entry;
  }
  return best === undefined ? undefined : contentOf(best);
}

function isEnough(
  answers: readonly Facts[],
  facts: { own: Facts; followers: number; writeQuorum: number },
): boolean {
  const { own, followers, writeQuorum } = facts;
  let floor = own.floor;
  for (const answer of answers)
    if (answer.floor !== undefined && isNewer(answer.floor, floor)) floor = answer.floor;
  const needed = followers - Math.max(1, floor?.quorum ?? writeQuorum) + 1;
  const proving = answers.filter(({ blank }) => !blank).length;
  return answers.length === followers || proving >= needed;
}

const isNewer = (note: FloorNote, than: FloorNote | undefined): boolean =>
  than === undefined ||
  note.epoch > than.epoch ||
  (note.epoch === than.epoch && note.number > than.number);

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [[]];
  for (const item of items) all = [...all, ...all.map((set) => [...set, item])];
  return all;
}
