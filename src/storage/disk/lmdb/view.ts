/** Reads of the stores in LMDB as they stood after one transaction. */
import { Buffer } from "node:buffer";
import { invariant } from "../../../replication/invariant.ts";
import type { StoreRecord } from "../../../replication/types.ts";
import { compareBytes } from "../../byte-order.ts";
import { asBuffer, readHash, readRecord } from "./codec.ts";
import type { Database, Environment, ReadTransaction } from "./environment.ts";

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

  get(store: Database, key: string): StoreRecord | undefined {
    if (!keyFits(key)) return undefined;
    const found = store.getBinaryFast(key, this.#reading);
    return found && toRecord(key, found);
  }

  hash(store: Database, key: string): bigint | undefined {
    const found = store.getBinaryFast(key, this.#reading);
    return found && readHash(asBuffer(found));
  }

  isEmpty(store: Database): boolean {
    for (const _ of store.getKeys({ ...this.#reading, start: undefined, limit: 1 })) return false;
    return true;
  }

  /** Records whose key is at least `prefix` and above `after`, in byte order. */
  *records(
    store: Database,
    { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
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
