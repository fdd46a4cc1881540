/** Reads of everything as it stood after one transaction. */
import { Buffer } from "node:buffer";
import { invariant } from "../replication/invariant.ts";
import type { Entry, Sequence, StoreRecord } from "../replication/types.ts";
import { entryBytes, recordBytes } from "./apply.ts";
import { compareBytes } from "./byte-order.ts";
import { asBuffer, readEntry, readEpoch, readHash, readRecord } from "./lmdb-codec.ts";
import type { Environment, ReadTransaction, Table } from "./lmdb-environment.ts";

export const KEY_BYTES_MAX = 1024;

/** Whether a key can be in a store at all. A UTF-16 unit takes at most three bytes. */
export const keyFits = (key: string): boolean =>
  key.length > 0 && (3 * key.length <= KEY_BYTES_MAX || Buffer.byteLength(key) <= KEY_BYTES_MAX);

/** Held by its storage and by copies of the store; ended when nobody holds it any more. */
export class View {
  readonly #environment: Environment;
  /** Handed to every read; made once because `get` is called often. */
  readonly #reading: { readonly transaction: ReadTransaction };
  #holders = 1;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#reading = { transaction: environment.useReadTransaction() };
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#reading.transaction.done();
  }

  meta(key: string): Buffer | undefined {
    return this.#environment.meta.getBinary(key, this.#reading);
  }

  get(store: Table<string>, key: string): StoreRecord | undefined {
    if (!keyFits(key)) return undefined;
    const found = store.getBinaryFast(key, this.#reading);
    return found && toRecord(key, found);
  }

  hash(store: Table<string>, key: string): bigint | undefined {
    const found = store.getBinaryFast(key, this.#reading);
    return found && readHash(asBuffer(found));
  }

  list(
    store: Table<string>,
    query: { prefix: string; after?: string | undefined; limit: number },
  ): StoreRecord[] {
    const found: StoreRecord[] = [];
    for (const record of this.#recordsFrom(store, query.prefix, query.after)) {
      if (found.length >= query.limit || !record.key.startsWith(query.prefix)) break;
      found.push(record);
    }
    return found;
  }

  page(store: Table<string>, after: string | undefined, bytesMax: number): StoreRecord[] {
    const page: StoreRecord[] = [];
    let bytes = 0;
    for (const record of this.#recordsFrom(store, "", after)) {
      bytes += recordBytes(record);
      if (page.length > 0 && bytes > bytesMax) break;
      page.push(record);
    }
    return page;
  }

  records(store: Table<string>): Generator<StoreRecord> {
    return this.#recordsFrom(store, "", undefined);
  }

  isEmpty(store: Table<string>): boolean {
    for (const _ of store.getKeys({ ...this.#reading, start: undefined, limit: 1 })) return false;
    return true;
  }

  epochAt(sequence: Sequence): number | undefined {
    const found = this.#environment.log.getBinaryFast(sequence, this.#reading);
    return found && readEpoch(asBuffer(found));
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    const range = { ...this.#reading, start: from, limit: Math.max(limit.entriesMax, 1) };
    for (const { key, value } of this.#environment.log.getRange(range)) {
      const entry = readEntry(key, asBuffer(value));
      bytes += entryBytes(entry);
      if (entries.length > 0 && bytes > limit.bytesMax) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Sequences on disk up to and including one, the lowest first. */
  sequencesUpTo(last: Sequence, limit: number): Sequence[] {
    const range = { ...this.#reading, start: 0, end: last, inclusiveEnd: true, limit };
    return Array.from(this.#environment.log.getKeys(range));
  }

  /** The lowest and the highest sequence after one; both 0 where there is none. */
  logBounds(forgotten: Sequence): { first: Sequence; last: Sequence } {
    const { log } = this.#environment;
    const up = log.getKeys({ ...this.#reading, start: forgotten + 1, limit: 1 });
    const down = log.getKeys({
      ...this.#reading,
      start: undefined,
      end: 0,
      reverse: true,
      limit: 1,
    });
    const [first] = Array.from(up);
    const [last] = Array.from(down);
    return first === undefined || last === undefined ? { first: 0, last: 0 } : { first, last };
  }

  /** Records whose key is at least `prefix` and above `after`, in byte order. */
  *#recordsFrom(
    store: Table<string>,
    prefix: string,
    after: string | undefined,
  ): Generator<StoreRecord> {
    invariant(this.#holders > 0, "a view that was let go is not read");
    const start = after !== undefined && compareBytes(after, prefix) > 0 ? after : prefix;
    const range = { ...this.#reading, start: start === "" ? undefined : start };
    let passed = after === undefined;
    for (const { key, value } of store.getRange(range)) {
      passed ||= after === undefined || compareBytes(key, after) > 0;
      if (passed) yield toRecord(key, value);
    }
  }
}

const toRecord = (key: string, bytes: Uint8Array): StoreRecord => ({
  key,
  ...readRecord(asBuffer(bytes), bytes.length),
});
