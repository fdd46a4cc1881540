import { invariant } from "../../replication/invariant.ts";
import type { StoreRecord } from "../../replication/types.ts";
import { type Change, recordBytes } from "../apply.ts";
import { byteRank } from "../byte-order.ts";
import type { StoreIndex } from "./commit-point.ts";
import type { Environment } from "./lmdb/environment.ts";
import { keyFits, View } from "./lmdb/view.ts";
import { Memtable, type OrderedChanges, withChanges } from "./memtable.ts";

interface Position {
  readonly prefix: string;
  readonly after: string | undefined;
}

/**
 * The present store: what LMDB has of it, and above that the changes it does not have yet. While a
 * checkpoint writes an immutable memtable, newer ones gather in a memtable above them.
 */
export class CurrentStore {
  readonly #environment: Environment;
  #view: View;
  #active: StoreIndex;
  #memtable = new Memtable();
  /** On its way into LMDB, bit by bit; until it is there, reads find it here. */
  #immutable: Memtable | undefined;

  constructor(environment: Environment, active: StoreIndex) {
    this.#environment = environment;
    this.#active = active;
    this.#view = new View(environment);
  }

  /** About what the changes that no checkpoint has taken up yet take in memory. */
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
    return change === undefined ? this.#view.get(this.#table, key) : change.put?.record;
  }

  hash(key: string): bigint | undefined {
    const change = this.#changeOf(key);
    return change === undefined ? this.#view.hash(this.#table, key) : change.put?.hash;
  }

  list(query: Position & { readonly limit: number }): StoreRecord[] {
    const found: StoreRecord[] = [];
    const memtables = [this.#immutable?.ordered, this.#memtable.ordered];
    for (const record of this.#records(this.#view, memtables, query)) {
      if (found.length >= query.limit || !record.key.startsWith(query.prefix)) break;
      found.push(record);
    }
    return found;
  }

  /** A reader of the store as it is now, by pages. */
  copy(): { page(after: string | undefined, bytesMax: number): StoreRecord[]; close(): void } {
    const view = this.#view;
    const [table, memtables] = [this.#table, [this.#immutable?.ordered, this.#memtable.snapshot()]];
    view.hold();
    return {
      page: (after, bytesMax) => {
        const page: StoreRecord[] = [];
        let bytes = 0;
        for (const record of this.#records(view, memtables, { prefix: "", after }, table)) {
          bytes += recordBytes(record);
          if (page.length > 0 && bytes > bytesMax) break;
          page.push(record);
        }
        return page;
      },
      close: () => view.release(),
    };
  }

  /** Everything there is now goes into LMDB; what is put from now on is newer. */
  makeImmutable(): Memtable {
    invariant(this.#immutable === undefined, "one memtable is written at a time");
    this.#immutable = this.#memtable;
    this.#memtable = new Memtable();
    return this.#immutable;
  }

  /** LMDB has more of this memtable than before, or all of it. */
  checkpointed(memtable: Memtable, whole: boolean): void {
    if (whole && this.#immutable === memtable) this.#immutable = undefined;
    this.#renew();
  }

  /** A received store, whole in LMDB, becomes the present one. */
  switchTo(active: StoreIndex): void {
    invariant(this.#immutable === undefined, "no store is replaced while it is written");
    this.#active = active;
    this.#memtable = new Memtable();
    this.#renew();
  }

  close(): void {
    this.#view.release();
  }

  get #table() {
    return this.#environment.stores[this.#active];
  }

  #renew(): void {
    this.#view.release();
    this.#view = new View(this.#environment);
  }

  #changeOf(key: string): Change | undefined {
    return this.#memtable.get(key) ?? this.#immutable?.get(key);
  }

  #records(
    view: View,
    memtables: readonly (OrderedChanges | undefined)[],
    { prefix, after }: Position,
    table = this.#table,
  ): Iterable<StoreRecord> {
    const above = after === undefined ? "" : byteRank(after);
    let start = byteRank(prefix);
    if (above > start) start = above;
    let records: Iterable<StoreRecord> = view.records(table, { prefix, after });
    for (const changes of memtables) {
      if (changes === undefined) continue;
      const from = changes(start);
      records = withChanges(records, after === undefined ? from : behind(above, from));
    }
    return records;
  }
}

function* behind(
  rank: string,
  changes: Iterable<readonly [string, Change]>,
): Generator<readonly [string, Change]> {
  for (const change of changes) if (change[0] !== rank) yield change;
}
