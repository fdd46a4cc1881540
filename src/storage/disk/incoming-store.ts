/** A store that is being received from another node, and is not readable yet. */
import { invariant } from "../../replication/invariant.ts";
import type { Digest, StoreRecord } from "../../replication/types.ts";
import { recordHash, type Standing, toDigest } from "../standing.ts";
import type { StoreIndex } from "./format/commit-point.ts";
import { Arena } from "./lmdb/codec.ts";
import type { Environment } from "./lmdb/environment.ts";
import { keyFits, View } from "./lmdb/view.ts";

/** Grows in the one of LMDB's two stores that is not the present one. */
export class IncomingStore {
  readonly #arena = new Arena();
  /** Invariant: #sum and #keys are those of the records that are flushed. */
  #sum = 0n;
  #keys = 0;
  #started = false;

  /** Something was flushed. Before that, LMDB may still hold what is left of another store. */
  get isStarted(): boolean {
    return this.#started;
  }

  get digest(): Digest {
    return toDigest(this.#sum);
  }

  /** The standing of this store if it were installed now. */
  standingAt({ applied, history }: Pick<Standing, "applied" | "history">): Standing {
    return { applied, sum: this.#sum, keys: this.#keys, history };
  }

  /**
   * Resolves when the records are flushed. A record replaces an earlier one with the same key.
   * `isDirty` says that the store in LMDB is not empty: the first call then clears it.
   */
  async add(
    records: readonly StoreRecord[],
    into: {
      readonly environment: Environment;
      readonly index: StoreIndex;
      readonly isDirty: boolean;
    },
  ): Promise<void> {
    const { environment, index, isDirty } = into;
    const store = environment.stores[index];
    const newest = new Map(records.map((record) => [record.key, record]));
    let [sum, keys] = [this.#sum, this.#keys];
    const puts: (() => void)[] = [];
    let size = 0;
    const view = new View(environment);
    this.#arena.reset();
    for (const record of newest.values()) {
      invariant(keyFits(record.key), "a key has 1 to 1024 bytes");
      const before = this.#started ? view.hash(store, record.key) : undefined;
      const hash = recordHash(record);
      sum += hash - (before ?? 0n);
      keys += before === undefined ? 1 : 0;
      const bytes = this.#arena.record(record, hash);
      size += bytes.length;
      puts.push(() => void store.put(record.key, bytes));
    }
    view.release();
    await environment.commit(
      () => {
        if (isDirty && !this.#started) void store.clearAsync();
        for (const put of puts) put();
      },
      { records: puts.length, bytes: size },
    );
    [this.#sum, this.#keys, this.#started] = [BigInt.asUintN(64, sum), keys, true];
  }
}
