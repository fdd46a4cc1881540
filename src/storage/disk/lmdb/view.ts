/** Reads of the stores in LMDB as they were after one transaction. */
import { Buffer } from "node:buffer";
import { compareBytes } from "../../../key-order.ts";
import { invariant } from "../../../replication/invariant.ts";
import type { StoreRecord } from "../../../replication/types.ts";
import { keyBytesMax } from "../../../request-limits.ts";
import { asBuffer, readHash, readRecord } from "./codec.ts";
import type { Database, Environment, ReadTransaction } from "./environment.ts";

/** Whether a key can be in a store. A UTF-16 unit takes at most three bytes. */
export const keyFits = (key: string): boolean =>
  key.length > 0 && (3 * key.length <= keyBytesMax || Buffer.byteLength(key) <= keyBytesMax);

/** One read transaction. The present store and copies hold it; the last `release` ends it. */
export class View {
  readonly #environment: Environment;
  /** The options of every read, made once because `get` is called often. */
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

  /** A value of the database `meta`. */
  meta(key: string): Buffer | undefined {
    return this.#environment.meta.getBinary(key, this.#reading);
  }

  get(store: Database, key: string): StoreRecord | undefined {
    if (!keyFits(key)) return undefined;
    const found = store.getBinaryFast(key, this.#reading);
    return found && toRecord(key, found);
  }

  hash(store: Database, key: string): bigint | undefined {
    const found = store.getBinaryFast(key, this.#reading);
    return found && readHash(asBuffer(found), found.length);
  }

  isEmpty(store: Database): boolean {
    for (const _ of store.getKeys({ ...this.#reading, start: undefined, limit: 1 })) return false;
    return true;
  }

  /** Records whose key is not below `prefix` and is above `after`, in byte order. */
  *records(
    store: Database,
    { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
  ): Generator<StoreRecord> {
    invariant(this.#holders > 0, "a view is not read after it is released");
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
