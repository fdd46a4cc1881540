/**
 * What a recovery could miss, judged from the disks alone and by the design's own words, not by the
 * code that recovers: of everything that may never vanish, what would *not be kept*? Asked for every
 * set of followers whose answers a recovery may go by.
 */
import type { Entry, FloorNote, NodeId, Sequence } from "../../replication/types.ts";
import type { DiskLook } from "../world/disk.ts";
import { whatIsKept } from "../world/kept.ts";
import type { Known } from "../world/known.ts";

export interface Facts {
  readonly id: NodeId;
  readonly blank: boolean;
  readonly floor: FloorNote | undefined;
  readonly promised: number;
  readonly applied: Sequence;
  readonly entries: readonly Entry[];
  readonly get: DiskLook["get"];
}

const everything = {
  entriesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
};

const emptyDisk = (id: NodeId): Facts => ({
  id,
  blank: true,
  floor: undefined,
  promised: 0,
  applied: 0,
  entries: [],
  get: () => undefined,
});

function factsOf(id: NodeId, disk: DiskLook, from: Sequence): Facts {
  const { blank, floor, promisedEpoch: promised } = disk.hardState();
  const { applied } = disk.summary();
  const get = (key: string) => disk.get(key);
  return { id, blank, floor, promised, applied, entries: disk.readLog(from, everything), get };
}

export interface Disks {
  readonly leader: NodeId;
  readonly looks: ReadonlyMap<NodeId, DiskLook>;
  /** These disks are taken for empty. */
  readonly without: ReadonlySet<NodeId>;
  /** The write quorum that the leader would start with. */
  readonly writeQuorum: number;
  readonly contentOf: (entry: Entry) => string;
}

/** What one set of answers leads to. */
export interface Missed {
  readonly heard: readonly NodeId[];
  /** The quorum it takes for the lowest that was used; undefined: all followers answered. */
  readonly floor: number | undefined;
  /** In ascending order, and never empty. */
  readonly entries: ReadonlyMap<Sequence, Known>;
}

/** Of every disk. */
export function allFacts({ looks, without }: Pick<Disks, "looks" | "without">): readonly Facts[] {
  // What everybody has applied is in every store that a recovery could copy.
  const lowest = Math.min(
    ...[...looks].map(([id, look]) => (without.has(id) ? Infinity : look.summary().applied)),
  );
  const from = Number.isFinite(lowest) ? lowest + 1 : 1;
  return [...looks].map(([id, look]) =>
    without.has(id) ? emptyDisk(id) : factsOf(id, look, from),
  );
}

/** Every recovery that would miss something. `known` gives what must be kept above a mark. */
export function whatRecoveryCouldMiss(
  disks: Disks,
  known: (above: Sequence) => Iterable<[Sequence, Known]>,
): readonly Missed[] {
  const { leader, looks, without } = disks;
  const facts = allFacts(disks);
  const own = facts.find(({ id }) => id === leader) ?? emptyDisk(leader);
  const misses: Missed[] = [];
  const hear = (answers: readonly Facts[], floor: number | undefined) => {
    const entries = missing([own, ...answers], known, disks);
    if (entries.size > 0) misses.push({ heard: answers.map(({ id }) => id), floor, entries });
  };
  const hardState = looks.get(leader)?.hardState();
  const isIntact =
    !without.has(leader) &&
    hardState !== undefined &&
    hardState.ledEpoch > 0 &&
    hardState.ledEpoch === hardState.promisedEpoch;
  const others = facts.filter(({ id }) => id !== leader);
  for (const answers of subsets(others)) {
    if (isIntact && confirms(answers, { own, others, writeQuorum: disks.writeQuorum })) {
      hear([], undefined);
      if (misses.length > 0) return misses;
      continue;
    }
    const floor = floorOf([own, ...answers], disks.writeQuorum);
    const proving = answers.filter(({ blank }) => !blank).length;
    const all = answers.length === others.length;
    if (all || proving >= others.length - floor + 1) hear(answers, all ? undefined : floor);
  }
  return misses;
}

/** These followers know of no other leader, and are enough to be sure that there was none. */
function confirms(
  answers: readonly Facts[],
  by: { own: Facts; others: readonly Facts[]; writeQuorum: number },
): boolean {
  if (answers.some(({ promised }) => promised > by.own.promised)) return false;
  const { quorum = 1, over = 1 } = by.own.floor ?? {};
  const proving = answers.filter(({ blank }) => !blank).length;
  const needed = Math.max(quorum, over, by.writeQuorum, 1) - 1;
  return proving >= needed || answers.length === by.others.length;
}

export function missing(
  seen: readonly Facts[],
  known: (above: Sequence) => Iterable<[Sequence, Known]>,
  { contentOf }: Pick<Disks, "contentOf">,
): ReadonlyMap<Sequence, Known> {
  const best = seen.reduce((most, facts) => (facts.applied > most.applied ? facts : most));
  const { applied, get } = best;
  const entries = seen.flatMap((facts) => facts.entries);
  const kept = whatIsKept({ applied, get, entries });
  const missed = [...known(applied)].filter(([sequence, { content }]) => {
    const entry = kept(sequence);
    return entry === undefined || contentOf(entry) !== content;
  });
  return new Map(missed.sort(([left], [right]) => left - right));
}

/** The quorum that these disks take for the lowest that was used. */
function floorOf(seen: readonly Facts[], writeQuorum: number): number {
  return Math.max(1, newestNote(seen)?.quorum ?? writeQuorum);
}

export function newestNote(seen: readonly Facts[]): FloorNote | undefined {
  let newest: FloorNote | undefined;
  for (const { floor } of seen) if (floor !== undefined && isNewer(floor, newest)) newest = floor;
  return newest;
}

const isNewer = (note: FloorNote, than: FloorNote | undefined): boolean =>
  than === undefined ||
  note.epoch > than.epoch ||
  (note.epoch === than.epoch && note.number > than.number);

export function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [[]];
  for (const item of items) all = [...all, ...all.map((set) => [...set, item])];
  return all;
}
