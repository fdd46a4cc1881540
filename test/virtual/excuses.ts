/**
 * The losses that the design admits (DESIGN.md, "The floor"), each narrowly: anything else that a
 * recovery could miss is a broken promise. What is excused is counted, so that a test can ask that
 * it stays rare.
 */
import type { NodeId, Sequence } from "../../src/replication/types.ts";
import type { Known } from "./history.ts";
import type { Missed } from "./loss.ts";

export const excuses = [
  /** It has one copy, and is lost with the leader's disk. */
  "written with quorum 0",
  /** The leader's copy and as many more as its quorum asked for, and no disk that is left has it. */
  "every copy was on a disk that was lost",
  /** While that is so, a recovery may hear only of a higher floor. */
  "settled by a floor that too few knew",
  "conditional on an entry that is excused",
] as const;

export type Excuse = (typeof excuses)[number];

/** Where copies of an entry are and were. */
export interface Copies {
  readonly members: readonly NodeId[];
  /** Its disk, unless it is one of those taken for lost, has this content there. */
  holds(id: NodeId, sequence: Sequence, content: string): boolean;
  /** A disk of this node that had it was lost, or is taken for lost. */
  wasLost(id: NodeId, sequence: Sequence, content: string): boolean;
}

/** Why each entry that one recovery would miss is excused; undefined: nothing excuses it. */
export function excusesOf(
  missed: Missed,
  copies: Copies,
): ReadonlyMap<Sequence, Excuse | undefined> {
  const found = new Map<Sequence, Excuse | undefined>();
  const isExcused = (sequence: Sequence) => found.get(sequence) !== undefined;
  for (const [sequence, known] of missed.entries) {
    const own = excuseOf(sequence, known, { missed, copies });
    const rests = restsOn(known, sequence, { missed, isExcused });
    found.set(sequence, own ?? (rests ? "conditional on an entry that is excused" : undefined));
  }
  return found;
}

function excuseOf(
  sequence: Sequence,
  { content, quorum, degraded }: Known,
  { missed, copies }: { missed: Missed; copies: Copies },
): Excuse | undefined {
  if (quorum === 0) return "written with quorum 0";
  const { floor } = missed;
  // Who hears fewer than all goes by a floor. It may be too high for this entry only where it was
  // lowered while too few were live.
  if (floor !== undefined)
    return degraded && quorum < floor ? "settled by a floor that too few knew" : undefined;
  const { members } = copies;
  const isHeld = members.some((id) => copies.holds(id, sequence, content));
  const lost = members.filter((id) => copies.wasLost(id, sequence, content));
  const isGone = !isHeld && lost.length > quorum;
  return isGone ? "every copy was on a disk that was lost" : undefined;
}

function restsOn(
  { operations }: Known,
  sequence: Sequence,
  { missed, isExcused }: { missed: Missed; isExcused: (sequence: Sequence) => boolean },
): boolean {
  const deletes = (key: string) =>
    [...missed.entries].some(
      ([at, other]) =>
        at < sequence &&
        isExcused(at) &&
        other.operations.some(
          (operation) => operation.key === key && operation.value === undefined,
        ),
    );
  return operations.some(({ key, condition }) => {
    if (condition === undefined) return false;
    return condition.version > 0 ? isExcused(condition.version) : deletes(key);
  });
}

/** The greatest part of the entries asked about that may be excused for each reason. */
const shareMax: Readonly<Record<Excuse, number>> = {
  "written with quorum 0": 0.2,
  "every copy was on a disk that was lost": 0.3,
  "settled by a floor that too few knew": 0.03,
  "conditional on an entry that is excused": 0.01,
};

/** The greatest part of the disks to be lost that may be kept because something was excused. */
const heldBackShareMax = 0.25;

/** Fewer entries than this say nothing about shares. */
const entriesMin = 1_000;

export const asked = "entry asked about";
export const heldBack = "loss held back: the design does not exclude it";

export interface Account {
  readonly lines: readonly string[];
  /** Those of the lines whose share is too great. */
  readonly excessive: readonly string[];
}

/** What was excused, and why, from the counts of many seeds. Each entry of a seed counts once. */
export function accountOf(counts: Readonly<Record<string, number>>): Account {
  const count = (what: string) => counts[what] ?? 0;
  const all = count(asked);
  const lost =
    count("leader wiped") + count("follower wiped") + count("leadership moved by settings");
  const shares = [
    ...excuses.map((excuse) => ({
      what: `entries excused: ${excuse}`,
      ...{ part: count(`excused: ${excuse}`), of: all, max: shareMax[excuse] },
    })),
    {
      what: "losses held back, for one of these reasons",
      ...{ part: count(heldBack), of: lost + count(heldBack), max: heldBackShareMax },
    },
  ];
  const lines: string[] = [`${all} entries were asked about: would every recovery keep them?`];
  const excessive: string[] = [];
  for (const { what, part, of, max } of shares) {
    const share = part / Math.max(1, of);
    const line = `${percent(share)} ${what} (${part} of ${of}, at most ${percent(max)})`;
    lines.push(line);
    if (all >= entriesMin && share > max) excessive.push(line);
  }
  return { lines, excessive };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
