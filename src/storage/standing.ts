/**
 * Where a store stands, and its digest: the sum, modulo 2^64, of one 64-bit hash per record over
 * key, version and value. A sum does not depend on order and is updated by one subtraction and one
 * addition per written key. XOR would do that too, but equal hashes would cancel each other out,
 * and a change that flips the same bits in two records would go unnoticed.
 * The digest detects faults. It does not protect against forgery.
 */
import xxhash from "xxhash-wasm";
import type { StoreSummary } from "../node/ports.ts";
import {
  type Digest,
  EMPTY_HISTORY,
  type History,
  type Sequence,
  type StoreRecord,
} from "../replication/types.ts";

const { h64 } = await xxhash();

/** How far a store has come. The digest is kept as the sum that it is printed from. */
export interface Standing {
  readonly applied: Sequence;
  /** Sum of the hashes of all records, modulo 2^64. */
  readonly sum: bigint;
  /** Number of records. */
  readonly keys: number;
  /**
   * Of all entries applied so far. Once unknown (undefined), it stays unknown until a store with a
   * known history is installed.
   */
  readonly history: History | undefined;
}

/** The standing of a store that has applied nothing. */
export const emptyStanding: Standing = {
  applied: 0,
  sum: 0n,
  keys: 0,
  history: EMPTY_HISTORY,
};

/** The hash of one record. Lengths and separators ensure that no two records share a text. */
export const recordHash = (record: Pick<StoreRecord, "key" | "version" | "value">): bigint =>
  h64(`${record.version} ${record.key.length} ${record.key}${record.value}`);

/** 16 hexadecimal digits for a sum of hashes, reduced modulo 2^64. */
export const toDigest = (sum: bigint): Digest =>
  BigInt.asUintN(64, sum).toString(16).padStart(16, "0");

/** The digest of these records. No two of them may have the same key. */
export function digestOf(records: Iterable<StoreRecord>): Digest {
  let sum = 0n;
  for (const record of records) sum += recordHash(record);
  return toDigest(sum);
}

/** The standing as the storage port reports it. */
export const toSummary = ({ applied, sum, keys, history }: Standing): StoreSummary => ({
  applied,
  digest: toDigest(sum),
  keys,
  history,
});
