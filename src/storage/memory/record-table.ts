/** Records in memory: a map for `get`, and a B+ tree in byte order for lists and copies. */

import { byteRank } from "../../key-order.ts";
import type { StoreRecord } from "../../replication/types.ts";
import { type BTree, createBTree } from "../btree.ts";
import { recordBytes, takePage } from "../page.ts";

type OrderedRecords = BTree<string, StoreRecord>;

/** The records of one store. Invariant: map and tree hold the same records. */
export class RecordTable {
  readonly #records = new Map<string, StoreRecord>();
  /** By the rank of the key. */
  readonly #ordered: OrderedRecords = createBTree<string, StoreRecord>();

  get size(): number {
    return this.#records.size;
  }

  get(key: string): StoreRecord | undefined {
    return this.#records.get(key);
  }

  put(record: StoreRecord): void {
    this.#records.set(record.key, record);
    this.#ordered.set(byteRank(record.key), record);
  }

  delete(key: string): void {
    if (this.#records.delete(key)) this.#ordered.delete(byteRank(key));
  }

  /** As Storage.list. */
  list(query: { prefix: string; after?: string | undefined; limit: number }): StoreRecord[] {
    const prefix = byteRank(query.prefix);
    const found: StoreRecord[] = [];
    for (const [rank, record] of recordsAfter(this.#ordered, query)) {
      if (found.length >= query.limit || !rank.startsWith(prefix)) break;
      found.push(record);
    }
    return found;
  }

  /** Reads pages of the records as they are now, whatever is written later. */
  snapshot(): (after: string | undefined, bytesMax: number) => StoreRecord[] {
    const ordered = this.#ordered.clone();
    return (after, bytesMax) => {
      const pairs = recordsAfter(ordered, { prefix: "", after });
      const page = takePage(pairs, { bytesMax }, (pair) => recordBytes(pair[1]));
      return page.map(([, record]) => record);
    };
  }
}

/** Records with their ranks, from the first not below `prefix` and above `after` on. */
function* recordsAfter(
  ordered: OrderedRecords,
  from: { prefix: string; after?: string | undefined },
): Generator<[string, StoreRecord]> {
  const prefix = byteRank(from.prefix);
  const after = from.after === undefined ? undefined : byteRank(from.after);
  const start = after !== undefined && after >= prefix ? after : prefix;
  for (const pair of ordered.entries(start)) {
    if (pair[0] !== after) yield pair;
  }
}
