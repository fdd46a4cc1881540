/** How many keys of the store are those of clients. */
import { hiddenPrefix, isHidden } from "../replication/hidden-keys.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import type { Storage, StoreSummary } from "./ports.ts";

const pageRecords = 1_000;

/** Counts hidden keys, which the storage counts too. */
export class KeyCount {
  readonly #storage: Storage;
  #hidden = 0;
  /** The applied mark that the count is of; undefined: nothing was counted yet. */
  #at: Sequence | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** These entries were just applied. A record is put where there is none, and deleted where there is one. */
  applied(entries: readonly Entry[]): void {
    for (const { sequence, operations } of entries) {
      if (this.#at === undefined || sequence !== this.#at + 1) return;
      this.#at = sequence;
      for (const { key, value } of operations)
        if (isHidden(key)) this.#hidden += value === undefined ? -1 : 1;
    }
  }

  /** Of clients. Where the store was replaced, its hidden keys are counted anew. */
  of({ applied, keys }: StoreSummary): number {
    if (this.#at !== applied) {
      this.#hidden = this.#countHidden();
      this.#at = applied;
    }
    return keys - this.#hidden;
  }

  #countHidden(): number {
    let count = 0;
    let after = hiddenPrefix;
    for (;;) {
      const page = this.#storage.list({ prefix: hiddenPrefix, after, limit: pageRecords });
      count += page.length;
      const last = page.at(-1);
      if (page.length < pageRecords || last === undefined) return count;
      after = last.key;
    }
  }
}
