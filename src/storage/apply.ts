import { historyAfter } from "../replication/history.ts";
import { invariant } from "../replication/invariant.ts";
import {
  EMPTY_HISTORY,
  type Entry,
  type History,
  type Sequence,
  type StoreRecord,
} from "../replication/types.ts";
import { recordHash } from "./digest.ts";

/** Where a store stands; the digest is kept as the sum it is made from. */
export interface Standing {
  readonly applied: Sequence;
  /** Sum of the records' hashes, modulo 2^64. */
  readonly sum: bigint;
  readonly keys: number;
  /** Of all entries applied so far; undefined, as long as entries are applied, once not known. */
  readonly history: History | undefined;
}

export const EMPTY_STANDING: Standing = {
  applied: 0,
  sum: 0n,
  keys: 0,
  history: EMPTY_HISTORY,
};

/** What becomes of one key: a record with its hash, or nothing. */
export interface Change {
  readonly key: string;
  readonly put: { readonly record: StoreRecord; readonly hash: bigint } | undefined;
}

/**
 * What applying entries makes of a store: one change per touched key, however often the entries
 * touch it. `hashOf` tells the hash of the key's present record, undefined where there is none.
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
    sum += (put?.hash ?? 0n) - (before ?? 0n);
    keys += (put ? 1 : 0) - (before === undefined ? 0 : 1);
    changes.push({ key, put });
  }
  const applied = from.applied + entries.length;
  const history = from.history && historyAfter(from.history, entries);
  return { standing: { applied, sum: BigInt.asUintN(64, sum), keys, history }, changes };
}

/** The same changes, for who knows already what they come to. */
export const changesOf = (applied: Sequence, entries: readonly Entry[]): Change[] =>
  Array.from(newestOfEachKey(applied, entries), ([key, record]) => ({
    key,
    put: record && { record, hash: recordHash(record) },
  }));

/** The last word of the entries on each key that they touch: a record, or its absence. */
function newestOfEachKey(
  applied: Sequence,
  entries: readonly Entry[],
): Map<string, StoreRecord | undefined> {
  const newest = new Map<string, StoreRecord | undefined>();
  let expected = applied;
  for (const { sequence, origin, operations } of entries) {
    expected += 1;
    invariant(sequence === expected, "entries are applied one after the other, without a hole");
    for (const { key, value } of operations) {
      newest.set(key, value === undefined ? undefined : { key, value, version: sequence, origin });
    }
  }
  return newest;
}

/** About how many bytes a record takes in a message. */
export const recordBytes = (record: StoreRecord): number =>
  record.key.length + record.value.length + 24;

/** About how many bytes an entry takes in a message. */
export function entryBytes(entry: Entry): number {
  let bytes = 24;
  for (const { key, value } of entry.operations) bytes += key.length + (value?.length ?? 0) + 16;
  return bytes;
}
