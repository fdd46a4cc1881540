import type { Sequence } from "../replication/types.ts";
import type { Storage } from "./ports.ts";

/** However few entries that is: a log of large values must not fill disk or memory. */
const logBytesMax = 512 * 1024 * 1024;
/** How much more of the log is kept for a follower that would otherwise need another snapshot. */
const patience = 4;

/** How much of the log below the applied mark is kept, and for whom a while longer. */
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
    /** The lowest sequence that will be read soon. */
    neededFrom?: (() => Sequence) | undefined;
  }) {
    this.#storage = parts.storage;
    this.#entriesMax = parts.retention;
    this.#bytesMax = parts.logBytesMax ?? logBytesMax;
    this.#neededFrom = parts.neededFrom ?? (() => Number.POSITIVE_INFINITY);
  }

  /** Up to where entries may be forgotten now. In steps of a tenth of what is kept, not one by one. */
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
    // Taken as if all entries were of one size; where they are not, the next step makes up for it.
    const surplus = Math.ceil((last - first + 1) * (1 - bytesMax / bytes));
    return Math.min(applied, first + surplus - 1);
  }
}
