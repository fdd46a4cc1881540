/**
 * Transactions and views of several keys: one order of all of them must explain every answer. Each tells its place in
 * the log, so there is just one order to try. Calls of unknown outcome are left out: a version that none of these
 * wrote may be theirs.
 */
export interface Transaction {
  readonly client: string;
  /** Instants of one monotonic clock. Calls that touch at an instant are concurrent. */
  readonly invokedAt: number;
  readonly returnedAt: number;
  /** Of a write its version; of a view the sequence that it is of, after the write of that place. */
  readonly place: number;
  /** What it saw, or was conditional on; version 0: absent. */
  readonly seen: readonly { readonly key: string; readonly version: number }[];
  /** Empty: a view. A later one of the same key wins. */
  readonly writes: readonly { readonly key: string; readonly isDeletion: boolean }[];
}

/** What contradicts itself; undefined: nothing. */
export function findAnomaly(transactions: readonly Transaction[]): string | undefined {
  return outOfOrder(transactions) ?? unexplained(transactions);
}

const isView = ({ writes }: Transaction): boolean => writes.length === 0;

/** Whoever begins after another one was answered comes after it. */
function outOfOrder(transactions: readonly Transaction[]): string | undefined {
  const starts = [...transactions].sort((a, b) => a.invokedAt - b.invokedAt);
  const answers = [...transactions].sort((a, b) => a.returnedAt - b.returnedAt);
  let highest: Transaction | undefined;
  let next = 0;
  for (const later of starts) {
    for (let answer = answers[next]; answer !== undefined; answer = answers[next]) {
      if (answer.returnedAt >= later.invokedAt) break;
      if (highest === undefined || answer.place > highest.place) highest = answer;
      next += 1;
    }
    if (highest === undefined || later.place > highest.place) continue;
    if (isView(later) && later.place === highest.place) continue;
    return `${name(later)} began after ${name(highest)} was answered`;
  }
  return undefined;
}

/** Each sees what those before it left. */
function unexplained(transactions: readonly Transaction[]): string | undefined {
  const order = [...transactions].sort(
    (a, b) => a.place - b.place || Number(isView(a)) - Number(isView(b)),
  );
  const newest = new Map<string, { readonly by: Transaction; readonly isDeletion: boolean }>();
  let before: Transaction | undefined;
  for (const one of order) {
    if (before?.place === one.place && !isView(one))
      return `${name(before)} and ${name(one)} have one place`;
    for (const { key, version } of one.seen) {
      const known = newest.get(key);
      if (known === undefined || version > known.by.place) continue;
      // A deletion that nobody was told of may have come between.
      if (version === 0) continue;
      if (version < known.by.place || known.isDeletion)
        return `${name(one)} saw ${key} at ${version}, after ${name(known.by)} wrote it`;
    }
    for (const { key, isDeletion } of one.writes) newest.set(key, { by: one, isDeletion });
    before = one;
  }
  return undefined;
}

const name = (one: Transaction): string =>
  `${isView(one) ? "the view" : "the write"} of ${one.client} at ${one.place}`;
