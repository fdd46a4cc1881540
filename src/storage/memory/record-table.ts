/** A store in memory: a map for `get`, and a B+ tree in byte order for lists and copies. */
import type { StoreRecord } from "../../replication/types.ts";
import { recordBytes } from "../apply.ts";
import { type BTree, createBTree } from "../b-tree.ts";
import { byteRank } from "../byte-order.ts";

type Ordered = BTree<string, StoreRecord>;

export class Table {
  readonly #records = new Map<string, StoreRecord>();
  /** The same records under the ranks of their keys. */
  readonly #ordered: Ordered = createBTree<string, StoreRecord>();

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

  list(query: { prefix: string; after?: string | undefined; limit: number }): StoreRecord[] {
    const prefix = byteRank(query.prefix);
    const found: StoreRecord[] = [];
    for (const [rank, record] of recordsAfter(this.#ordered, query)) {
      if (found.length >= query.limit || !rank.startsWith(prefix)) break;
      found.push(record);
    }
    return found;
  }

  /** A reader of the records as they are now: the tree shares its nodes until they are written. */
  snapshot(): (after: string | undefined, bytesMax: number) => StoreRecord[] {
    const ordered = this.#ordered.clone();
    return (after, bytesMax) => {
      const page: StoreRecord[] = [];
      let bytes = 0;
      for (const [, record] of recordsAfter(ordered, { prefix: "", after })) {
        bytes += recordBytes(record);
        if (page.length > 0 && bytes > bytesMax) break;
        page.push(record);
      }
      return page;
    };
  }
}

function* recordsAfter(
  ordered: Ordered,
  from: { prefix: string; after?: string | undefined },
): Generator<[string, StoreRecord]> {
  const prefix = byteRank(from.prefix);
  const after = from.after === undefined ? undefined : byteRank(from.after);
  const start = after !== undefined && after >= prefix ? after : prefix;
  for (const pair of ordered.entries(start)) {
    if (pair[0] !== after) yield pair;
  }
}
