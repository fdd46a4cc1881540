/** A store that is being received from another node, and is not readable yet. */
import { byteRank } from "../../key-order.ts";
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
  /** Invariant: no record that was added has a key of a higher rank. */
  #highest = "";

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
    // Keys that rise are new, and none is looked up. A leader sends its store in that order.
    const { isRise, highest } = riseOf(records, this.#highest);
    const newest = isRise ? records : newestOfEachKey(records);
    let [sum, keys] = [this.#sum, this.#keys];
    const puts: (() => void)[] = [];
    let size = 0;
    const view = new View(environment);
    this.#arena.reset();
    for (const record of newest) {
      invariant(keyFits(record.key), "a key has 1 to 1024 bytes");
      const before = isRise || !this.#started ? undefined : view.hash(store, record.key);
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
    this.#highest = highest;
  }
}

/** The highest rank of all keys, and whether each key is above the one before and the first above `from`. */
function riseOf(
  records: readonly StoreRecord[],
  from: string,
): { readonly isRise: boolean; readonly highest: string } {
  let highest = from;
  let isRise = true;
  for (const { key } of records) {
    const rank = byteRank(key);
    if (rank > highest) highest = rank;
    else isRise = false;
  }
  return { isRise, highest };
}

const newestOfEachKey = (records: readonly StoreRecord[]): Iterable<StoreRecord> =>
  new Map(records.map((record) => [record.key, record])).values();
