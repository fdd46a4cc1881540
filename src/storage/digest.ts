/**
 * The digest of a store: the sum, modulo 2^64, of one 64-bit hash per record over key, version and
 * value. A sum does not depend on order and is updated by one subtraction and one addition per
 * written key. It is preferred to XOR because equal hashes do not cancel each other out and because
 * XOR is linear bit by bit: a change that flips the same bits in two records would vanish in it.
 * It guards against faults, not against forgers.
 */
import xxhash from "xxhash-wasm";
import type { Digest, StoreRecord } from "../replication/types.ts";

const { h64 } = await xxhash();

/** Lengths and separators make the text unambiguous: no two records share one. */
export const recordHash = (record: Pick<StoreRecord, "key" | "version" | "value">): bigint =>
  h64(`${record.version} ${record.key.length} ${record.key}${record.value}`);

export const toDigest = (sum: bigint): Digest =>
  BigInt.asUintN(64, sum).toString(16).padStart(16, "0");

/** The digest of these records, each of a key of its own. */
export function digestOf(records: Iterable<StoreRecord>): Digest {
  let sum = 0n;
  for (const record of records) sum += recordHash(record);
  return toDigest(sum);
}
