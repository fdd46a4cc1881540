/** What was excused, counted, so that a test can ask that it stays rare. */
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

/** The greatest part of the entries asked about that may be excused for each reason. */
const shareMax: Readonly<Record<Excuse, number>> = {
  "written with quorum 0": 0.2,
  "every copy was on a disk that was lost": 0.3,
  "settled by a floor that too few knew": 0.03,
  "conditional on an entry that is excused": 0.01,
};

/** With elections the losses asked about need not be the leader's: two nodes often have the last copies. */
const copiesShareMax = 0.4;

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
export function accountOf(counts: Readonly<Record<string, number>>, failover = false): Account {
  const count = (what: string) => counts[what] ?? 0;
  const maxOf = (excuse: Excuse) =>
    failover && excuse === "every copy was on a disk that was lost"
      ? copiesShareMax
      : shareMax[excuse];
  const all = count(asked);
  const lost =
    count("leader wiped") + count("follower wiped") + count("leadership moved by settings");
  const shares = [
    ...excuses.map((excuse) => ({
      what: `entries excused: ${excuse}`,
      ...{ part: count(`excused: ${excuse}`), of: all, max: maxOf(excuse) },
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
