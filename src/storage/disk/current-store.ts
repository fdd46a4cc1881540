/** The present store: LMDB as of its last transaction, and above it the changes it does not have. */

import { byteRank } from "../../key-order.ts";
import { invariant } from "../../replication/invariant.ts";
import type { StoreRecord } from "../../replication/types.ts";
import type { Change } from "../apply.ts";
import { recordBytes, takePage } from "../page.ts";
import type { StoreIndex } from "./format/commit-point.ts";
import type { Database, Environment } from "./lmdb/environment.ts";
import { keyFits, View } from "./lmdb/view.ts";
import { Memtable, type OrderedChanges, withChanges } from "./memtable.ts";

/** Where to begin to read: at the first key with this prefix that is above `after`. */
interface Position {
  readonly prefix: string;
  readonly after: string | undefined;
}

/**
 * Answers reads from up to three places, the newest first: the memtable, the immutable memtable
 * (while a checkpoint writes it to LMDB), and LMDB.
 */
export class CurrentStore {
  readonly #environment: Environment;
  #view: View;
  #active: StoreIndex;
  #memtable = new Memtable();
  /** Being written to LMDB in several transactions. Reads look here until all of it is there. */
  #immutable: Memtable | undefined;

  constructor(environment: Environment, active: StoreIndex) {
    this.#environment = environment;
    this.#active = active;
    this.#view = new View(environment);
  }

  /** Approximate memory of the changes that no checkpoint covers yet. */
  get memtableBytes(): number {
    return this.#memtable.bytes;
  }

  put(changes: readonly Change[]): void {
    for (const change of changes) {
      invariant(keyFits(change.key), "a key has 1 to 1024 bytes");
      this.#memtable.put(change);
    }
  }

  get(key: string): StoreRecord | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#view.get(this.#database, key) : change.put?.record;
  }

  /** The hash of the key's record, or undefined where there is none. */
  hash(key: string): bigint | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#view.hash(this.#database, key) : change.put?.hash;
  }

  /** As Storage.list. */
  list(query: Position & { readonly limit: number }): StoreRecord[] {
    const found: StoreRecord[] = [];
    const memtables = [this.#immutable?.ordered, this.#memtable.ordered];
    for (const record of this.#records(this.#view, memtables, query)) {
      if (found.length >= query.limit || !record.key.startsWith(query.prefix)) break;
      found.push(record);
    }
    return found;
  }

  /** Reads pages of the store as it is now, whatever is written later. */
  copy(): { page(after: string | undefined, bytesMax: number): StoreRecord[]; close(): void } {
    const view = this.#view;
    const database = this.#database;
    const memtables = [this.#immutable?.ordered, this.#memtable.snapshot()];
    view.hold();
    return {
      page: (after, bytesMax) => {
        const records = this.#records(view, memtables, { prefix: "", after }, database);
        return takePage(records, { bytesMax }, recordBytes);
      },
      close: () => view.release(),
    };
  }

  /** Starts a new memtable, and returns the one before for a checkpoint to write. */
  makeImmutable(): Memtable {
    invariant(this.#immutable === undefined, "one memtable is written at a time");
    this.#immutable = this.#memtable;
    this.#memtable = new Memtable();
    return this.#immutable;
  }

  /** LMDB has more of this memtable than before, or (`isWhole`) all of it. */
  checkpointed(memtable: Memtable, isWhole: boolean): void {
    if (isWhole && this.#immutable === memtable) this.#immutable = undefined;
    this.#renewView();
  }

  /** A received store, whole in LMDB, becomes the present one. */
  switchTo(active: StoreIndex): void {
    invariant(this.#immutable === undefined, "no store is replaced while a checkpoint writes it");
    this.#active = active;
    this.#memtable = new Memtable();
    this.#renewView();
  }

  close(): void {
    this.#view.release();
  }

  get #database(): Database {
    return this.#environment.stores[this.#active];
  }

  #renewView(): void {
    this.#view.release();
    this.#view = new View(this.#environment);
  }

  #changeOf(key: string): Change | undefined {
    return this.#memtable.get(key) ?? this.#immutable?.get(key);
  }

  /** Records from a position on, in byte order, with the memtables' changes, the oldest first. */
  #records(
    view: View,
    memtables: readonly (OrderedChanges | undefined)[],
    { prefix, after }: Position,
    database = this.#database,
  ): Iterable<StoreRecord> {
    const above = after === undefined ? "" : byteRank(after);
    let start = byteRank(prefix);
    if (above > start) start = above;
    let records: Iterable<StoreRecord> = view.records(database, { prefix, after });
    for (const changes of memtables) {
      if (changes === undefined) continue;
      const from = changes(start);
      records = withChanges(records, after === undefined ? from : without(above, from));
    }
    return records;
  }
}

function* without(
  rank: string,
  changes: Iterable<readonly [string, Change]>,
): Generator<readonly [string, Change]> {
  for (const change of changes) if (change[0] !== rank) yield change;
}
