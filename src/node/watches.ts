import { type Failure, failed, type Result, succeeded } from "../errors.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import type { AppliedOperation } from "./api.ts";
import type { Cancel, Clock, Storage } from "./ports.ts";

interface Watch {
  readonly prefix: string;
  readonly applied: (operations: readonly AppliedOperation[]) => boolean;
  readonly failed: (failure: Failure) => void;
  /** Everything up to here was delivered or was not asked for. */
  cursor: Sequence;
  state: "live" | "reading" | "paused" | "ended";
}

const pageLimit = { entriesMax: 256, bytesMax: 1024 * 1024 };

/** Those who follow the applied operations. A slow one reads on from the log: nothing is queued. */
export class Watches {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #watches = new Set<Watch>();

  constructor(parts: { storage: Storage; clock: Clock }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
  }

  add(query: {
    readonly prefix: string;
    readonly after?: Sequence | undefined;
    readonly applied: (operations: readonly AppliedOperation[]) => boolean;
    readonly failed: (failure: Failure) => void;
  }): Result<{ readonly resume: () => void; readonly cancel: Cancel }> {
    const { applied } = this.#storage.summary();
    const after = query.after ?? applied;
    const { prefix, failed: fail } = query;
    const watch: Watch = {
      prefix,
      applied: query.applied,
      failed: fail,
      cursor: after,
      state: "live",
    };
    if (!this.#reachesBack(watch)) return this.#compacted(after);
    this.#watches.add(watch);
    if (after < applied) this.#readOn(watch);
    return succeeded({
      resume: () => {
        if (watch.state === "paused") this.#readOn(watch);
      },
      cancel: () => {
        watch.state = "ended";
        this.#watches.delete(watch);
      },
    });
  }

  /** These entries were just applied. */
  applied(entries: readonly Entry[]): void {
    for (const watch of this.#watches) if (watch.state === "live") this.#deliver(watch, entries);
  }

  /** The store jumped ahead by a snapshot: who was behind it cannot be told what lay between. */
  jumped(): void {
    for (const watch of this.#watches) if (watch.state === "live") this.#readOn(watch);
  }

  #reachesBack(watch: Watch): boolean {
    if (watch.cursor >= this.#storage.summary().applied) return true;
    const { first } = this.#storage.logBounds();
    return first > 0 && first <= watch.cursor + 1;
  }

  #compacted(after: Sequence): { ok: false; failure: Failure } {
    const { first } = this.#storage.logBounds();
    const oldest = first > 0 ? first - 1 : this.#storage.summary().applied;
    return failed(
      "COMPACTED",
      `the log no longer holds what came after sequence ${after}; it reaches back to ${oldest}`,
      { members: { oldest } },
    );
  }

  #readOn(watch: Watch): void {
    watch.state = "reading";
    this.#clock.defer(() => this.#readPage(watch));
  }

  #readPage(watch: Watch): void {
    if (watch.state !== "reading") return;
    if (!this.#reachesBack(watch)) {
      watch.state = "ended";
      this.#watches.delete(watch);
      watch.failed(this.#compacted(watch.cursor).failure);
      return;
    }
    const { applied } = this.#storage.summary();
    if (watch.cursor >= applied) {
      watch.state = "live";
      return;
    }
    const page = this.#storage.readLog(watch.cursor + 1, pageLimit);
    this.#deliver(
      watch,
      page.filter(({ sequence }) => sequence <= applied),
    );
    if (watch.state === "reading") this.#clock.defer(() => this.#readPage(watch));
  }

  #deliver(watch: Watch, entries: readonly Entry[]): void {
    for (const { sequence, operations } of entries) {
      if (sequence <= watch.cursor) continue;
      watch.cursor = sequence;
      const shown = operations
        .filter(({ key }) => key.startsWith(watch.prefix))
        .map(({ key, value }) => ({ sequence, key, value }));
      if (shown.length === 0) continue;
      const more = watch.applied(shown);
      // Whoever listens may have ended the watch while it was told.
      if (this.#watches.has(watch) && !more) watch.state = "paused";
      if (!more || !this.#watches.has(watch)) return;
    }
  }
}
