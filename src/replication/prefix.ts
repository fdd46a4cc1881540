import { historyAfter, subtractHistory } from "./history.ts";
import type { Entry, History, Sequence } from "./types.ts";
import type { LogView } from "./views.ts";

/** How far a store is, and the sum over what led there; undefined: it is not known. */
export interface StorePlace {
  readonly applied: Sequence;
  readonly history: History | undefined;
}

/** A leader's history: what its store shows, and the entries above that. */
export interface LeaderHistory extends StorePlace {
  readonly last: Sequence;
  readonly log: LogView;
  /** For every sequence above `applied`, up to `last`. */
  readonly entryAt: (sequence: Sequence) => Entry;
}

/**
 * Whether a follower's store is a prefix of the leader's history: it has applied the leader's entries
 * up to its mark, and no others. True as well where that cannot be told, because the sum of one of
 * them is not known, or the leader's log no longer reaches back: then a snapshot replaces the store anyway.
 */
export function isPrefix(store: StorePlace, leader: LeaderHistory): boolean {
  if (store.applied > leader.last) return false;
  if (store.history === undefined || leader.history === undefined) return true;
  const { applied, log, entryAt } = leader;
  const expected =
    store.applied <= applied
      ? sumBelow(leader.history, log.history({ from: store.applied + 1, to: applied }))
      : historyAfter(leader.history, entries({ from: applied + 1, to: store.applied }, entryAt));
  return expected === undefined || expected === store.history;
}

const sumBelow = (sum: History, above: History | undefined): History | undefined =>
  above === undefined ? undefined : subtractHistory(sum, above);

function* entries(
  { from, to }: { readonly from: Sequence; readonly to: Sequence },
  entryAt: (sequence: Sequence) => Entry,
): Generator<Entry> {
  for (let at = from; at <= to; at += 1) yield entryAt(at);
}
