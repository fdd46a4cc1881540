/** What entries change in a store, worked out before anything is written. */
import { historyAfter } from "../replication/history.ts";
import { invariant } from "../replication/invariant.ts";
import type { Entry, Sequence, StoreRecord } from "../replication/types.ts";
import { recordHash, type Standing } from "./standing.ts";

/** The new state of one key: a record with its hash, or undefined where the key is deleted. */
export interface Change {
  readonly key: string;
  readonly put: { readonly record: StoreRecord; readonly hash: bigint } | undefined;
}

/**
 * The standing after these entries, and one change for each key that they touch, however often they
 * touch it. The entries must follow `from.applied` without a gap. `hashOf` returns the hash of the
 * key's present record, or undefined where there is none.
 */
export function planApply(
  from: Standing,
  entries: readonly Entry[],
  hashOf: (key: string) => bigint | undefined,
): { readonly standing: Standing; readonly changes: readonly Change[] } {
  if (entries.length === 0) return { standing: from, changes: [] };
  const newest = newestOfEachKey(from.applied, entries);
  const changes: Change[] = [];
  let { sum, keys } = from;
  for (const [key, record] of newest) {
    const before = hashOf(key);
    if (before === undefined && record === undefined) continue;
    const put = record && { record, hash: recordHash(record) };
    // Cut to 64 bits at once: beyond them, the engine would compute digit by digit, in memory of its own.
    sum = BigInt.asUintN(64, sum + (put?.hash ?? 0n) - (before ?? 0n));
    keys += (put ? 1 : 0) - (before === undefined ? 0 : 1);
    changes.push({ key, put });
  }
  const applied = from.applied + entries.length;
  const history = from.history && historyAfter(from.history, entries);
  return { standing: { applied, sum, keys, history }, changes };
}

/** The same changes where the standing after them is already known, as on a restart. */
export const changesOf = (applied: Sequence, entries: readonly Entry[]): Change[] =>
  Array.from(newestOfEachKey(applied, entries), ([key, record]) => ({
    key,
    put: record && { record, hash: recordHash(record) },
  }));

/** The record that the entries leave at each key they touch; undefined where they delete it. */
function newestOfEachKey(
  applied: Sequence,
  entries: readonly Entry[],
): Map<string, StoreRecord | undefined> {
  const newest = new Map<string, StoreRecord | undefined>();
  let expected = applied;
  for (const { sequence, origin, operations } of entries) {
    expected += 1;
    invariant(sequence === expected, "entries are applied in sequence, without a gap");
    for (const { key, value } of operations) {
      newest.set(key, value === undefined ? undefined : { key, value, version: sequence, origin });
    }
  }
  return newest;
}
