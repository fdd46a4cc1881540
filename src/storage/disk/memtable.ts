/** Memtables: changes of a store that LMDB does not have yet, in byte order of their keys. */

import { byteRank } from "../../key-order.ts";
import type { StoreRecord } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { createBTree } from "../btree.ts";

/** Approximate memory of a change beyond its texts. */
const changeOverheadBytes = 128;

/** Iterates over changes by rank of their keys, from the first rank at or above `fromRank` on. */
export type OrderedChanges = (fromRank: string) => Iterable<readonly [string, Change]>;

/** Invariant: map and tree hold the same changes, the newest one of each key. */
export class Memtable {
  readonly #changes = new Map<string, Change>();
  readonly #ordered = createBTree<string, Change>();
  #bytes = 0;

  /** Approximate memory of all changes. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Change | undefined {
    return this.#changes.get(key);
  }

  put(change: Change): void {
    const { key } = change;
    const before = this.#changes.get(key);
    this.#bytes += changeBytes(change) - (before === undefined ? 0 : changeBytes(before));
    this.#changes.set(key, change);
    this.#ordered.set(byteRank(key), change);
  }

  /** Shows later changes as well, unlike `snapshot`. */
  readonly ordered: OrderedChanges = (fromRank) => this.#ordered.entries(fromRank);

  /** The changes as they are now, whatever is put later. */
  snapshot(): OrderedChanges {
    const tree = this.#ordered.clone();
    return (fromRank) => tree.entries(fromRank);
  }

  /** All changes in order, in lists of about `bytesMax` bytes. The last list may be empty. */
  *chunks(bytesMax: number): Generator<readonly Change[]> {
    let chunk: Change[] = [];
    let bytes = 0;
    for (const change of this.#ordered.values()) {
      if (bytes > bytesMax) {
        yield chunk;
        [chunk, bytes] = [[], 0];
      }
      chunk.push(change);
      bytes += changeBytes(change);
    }
    yield chunk;
  }
}

const changeBytes = ({ key, put }: Change): number =>
  changeOverheadBytes + key.length + (put?.record.value.length ?? 0);

/** Merges records with newer changes. Both are in byte order, and so is the result. */
export function* withChanges(
  records: Iterable<StoreRecord>,
  changes: Iterable<readonly [string, Change]>,
): Generator<StoreRecord> {
  const newer = changes[Symbol.iterator]();
  let next = newer.next();
  for (const record of records) {
    const rank = next.done ? "" : byteRank(record.key);
    while (!next.done && next.value[0] < rank) {
      if (next.value[1].put) yield next.value[1].put.record;
      next = newer.next();
    }
    if (next.done || next.value[0] !== rank) yield record;
  }
  for (; !next.done; next = newer.next()) if (next.value[1].put) yield next.value[1].put.record;
}
