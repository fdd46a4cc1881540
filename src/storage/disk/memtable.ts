/** Changes of a store that LMDB does not have yet, in byte order of their keys. */
import type { StoreRecord } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { createBTree } from "../b-tree.ts";
import { byteRank } from "../byte-order.ts";

/** What a change takes in memory beyond its texts, roughly. */
const CHANGE_BYTES = 128;

/** Changes in byte order, from the first key that stands above a rank, or at it, on. */
export type OrderedChanges = (fromRank: string) => Iterable<readonly [string, Change]>;

export class Memtable {
  readonly #changes = new Map<string, Change>();
  readonly #ordered = createBTree<string, Change>();
  #bytes = 0;

  /** About what it takes in memory. */
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

  readonly ordered: OrderedChanges = (fromRank) => this.#ordered.entries(fromRank);

  /** The changes as they are now, whatever is put later. */
  snapshot(): OrderedChanges {
    const tree = this.#ordered.clone();
    return (fromRank) => tree.entries(fromRank);
  }

  /** All of them, in order, in lists of about so many bytes. */
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
  CHANGE_BYTES + key.length + (put?.record.value.length ?? 0);

/** Records in byte order, as these changes, which are newer, leave them. */
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
