import { type Failure, failed, succeeded } from "../errors.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import { AheadWatches, type LogEnd } from "./ahead-watches.ts";
import type { AppliedOperation, KvNode } from "./api.ts";
import type { Clock, Storage } from "./ports.ts";

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
  readonly #ahead: AheadWatches;

  constructor(parts: {
    storage: Storage;
    clock: Clock;
    /** How far the leader's log reaches, as far as this node knows. */
    logEnd: () => LogEnd | undefined;
    /** How long a watch may wait for that. */
    timeoutMs: number;
  }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#ahead = new AheadWatches({ ...parts, applied: () => this.#storage.summary().applied });
  }

  add(query: Parameters<KvNode["watch"]>[0]): ReturnType<KvNode["watch"]> {
    const { applied } = this.#storage.summary();
    const after = query.after ?? applied;
    const { prefix, opened = () => {} } = query;
    const watch: Watch = {
      prefix,
      applied: query.applied,
      failed: query.failed,
      cursor: after,
      state: "live",
    };
    if (!this.#reachesBack(watch)) return this.#compacted(after);
    if (after > applied) {
      const failed = (failure: Failure) => this.#fail(watch, failure);
      const fault = this.#ahead.add(watch, { after, opened, failed });
      if (fault !== undefined) return { ok: false, failure: fault };
    } else opened();
    this.#watches.add(watch);
    if (after < applied) this.#readOn(watch);
    return succeeded({
      resume: () => {
        if (watch.state === "paused") this.#readOn(watch);
      },
      cancel: () => this.#end(watch),
    });
  }

  /** These entries were just applied. */
  applied(entries: readonly Entry[]): void {
    for (const watch of this.#watches) if (watch.state === "live") this.#deliver(watch, entries);
  }

  /** The store was replaced by a snapshot: who was behind it cannot be told what lay between. */
  jumped(): void {
    const { applied } = this.#storage.summary();
    for (const watch of this.#watches) {
      // The snapshot may be of a log that does not reach as far as the one before.
      if (watch.cursor > applied)
        this.#ahead.fellBehind(watch, {
          after: watch.cursor,
          opened: () => {},
          failed: (failure) => this.#fail(watch, failure),
        });
      if (watch.state === "live") this.#readOn(watch);
    }
  }

  /** Those that wait to be opened are refused. */
  close(): void {
    this.#ahead.close();
  }

  /** What was applied here is not the cluster's history: nobody goes on from it. */
  replaced(): void {
    for (const watch of [...this.#watches])
      this.#fail(
        watch,
        failed("COMPACTED", "this node's store is replaced: what was told is not the cluster's", {
          members: { oldest: this.#storage.summary().applied },
        }).failure,
      );
  }

  #end(watch: Watch): void {
    watch.state = "ended";
    this.#watches.delete(watch);
    this.#ahead.delete(watch);
  }

  #fail(watch: Watch, failure: Failure): void {
    this.#end(watch);
    watch.failed(failure);
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
      this.#fail(watch, this.#compacted(watch.cursor).failure);
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
      this.#ahead.reached(watch);
      const more = watch.applied(shown);
      // Whoever listens may have ended the watch while it was told.
      if (this.#watches.has(watch) && !more) watch.state = "paused";
      if (!more || !this.#watches.has(watch)) return;
    }
  }
}
