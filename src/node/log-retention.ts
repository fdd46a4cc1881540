/** Compaction of the log: how many applied entries stay for followers that come back. */
import type { Sequence } from "../replication/types.ts";
import type { Storage } from "./ports.ts";

/** However few entries that is. A log of large values must not fill the disk or the memory. */
const logBytesMax = 512 * 1024 * 1024;
/** How many times more is kept for a follower that would otherwise need another snapshot. */
const patience = 4;

/** Decides how much of the applied log is kept, and how much longer for followers that need it. */
export class LogRetention {
  readonly #storage: Storage;
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #neededFrom: () => Sequence;

  constructor(parts: {
    storage: Storage;
    /** Applied entries that the log keeps … */
    retention: number;
    /** … as long as they take no more bytes than about this. */
    logBytesMax?: number | undefined;
    /** The lowest sequence that will be read soon; absent: none will be. */
    neededFrom?: (() => Sequence) | undefined;
  }) {
    this.#storage = parts.storage;
    this.#entriesMax = parts.retention;
    this.#bytesMax = parts.logBytesMax ?? logBytesMax;
    this.#neededFrom = parts.neededFrom ?? (() => Number.POSITIVE_INFINITY);
  }

  /**
   * Up to where entries may be forgotten now; undefined: none. It moves in steps of a tenth of what
   * is kept, because forgetting entries one by one would cost more.
   */
  compactTo(): Sequence | undefined {
    const { first } = this.#storage.logBounds();
    if (first === 0) return undefined;
    const usual = this.#beyond(1);
    if (usual === undefined) return undefined;
    const unneeded = this.#neededFrom() - 1;
    if (usual <= unneeded) return usual;
    return unneeded - first >= this.#entriesMax / 10 ? unneeded : this.#beyond(patience);
  }

  /** Up to where the log is longer than so many times what is usually kept. */
  #beyond(times: number): Sequence | undefined {
    const [entriesMax, bytesMax] = [times * this.#entriesMax, times * this.#bytesMax];
    const { first, last } = this.#storage.logBounds();
    const { applied } = this.#storage.summary();
    const byNumber = applied - entriesMax;
    if (byNumber - first >= this.#entriesMax / 10) return byNumber;
    const bytes = this.#storage.logBytes();
    if (bytes < bytesMax + 0.1 * this.#bytesMax) return undefined;
    // An estimate, as if all entries were of one size. The next step corrects it.
    const surplus = Math.ceil((last - first + 1) * (1 - bytesMax / bytes));
    return Math.min(applied, first + surplus - 1);
  }
}
