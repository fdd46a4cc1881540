/**
 * `GET /watch` inside a node: applied operations, in order and exactly once, at the pace of each
 * watcher.
 */
import { type Failed, type Failure, failed, type Result, succeeded } from "../errors.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import { AheadWatches, type LogEnd } from "./ahead-watches.ts";
import type { Cancel, Clock, Storage } from "./ports.ts";
import { pagesOf, type WatchPage } from "./watch-pages.ts";
import type { AppliedOperation, WatchHandle, WatchQuery } from "./watch-query.ts";
import { WatchRounds } from "./watch-rounds.ts";

interface Watch {
  readonly prefix: string;
  readonly applied: (operations: readonly AppliedOperation[]) => boolean;
  readonly failed: (failure: Failure) => void;
  readonly passed: WatchQuery["passed"];
  /** The newest sequence that it was told, or began after. Invariant: told <= cursor. */
  told: Sequence;
  /** Everything up to here was delivered or was not asked for. */
  cursor: Sequence;
  /** `live`: told of entries as they are applied; `reading`: catching up from the log. */
  state: "live" | "reading" | "paused" | "ended";
}

/** How much of the log a watch that catches up is sent in one turn of the event loop. */
const pageLimit = { entriesMax: 256, bytesMax: 1024 * 1024 };

/** Milliseconds after which a watch is told how far it is, if it was told nothing else. */
const passedEveryMs = 10_000;
/** The same, as a share of the entries that the log keeps: well before they are forgotten. */
const passedShare = 0.1;

/**
 * Hands applied operations to their watches, each exactly once and in order. A watch that
 * is paused or behind reads on from the log, so that nothing is queued for it.
 */
export class Watches {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #watches = new Set<Watch>();
  readonly #ahead: AheadWatches;
  readonly #rounds: WatchRounds;
  readonly #passedEvery: number;
  #nextLook: Cancel | undefined;

  constructor(parts: {
    storage: Storage;
    clock: Clock;
    /** Applied entries that the log keeps. */
    retention: number;
    /** How far the leader's log reaches; undefined while this node does not know. */
    logEnd: () => LogEnd | undefined;
    /** Milliseconds that a watch may wait to learn that. */
    timeoutMs: number;
  }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#passedEvery = Math.ceil(passedShare * parts.retention);
    this.#ahead = new AheadWatches({ ...parts, applied: () => this.#storage.summary().applied });
    this.#rounds = new WatchRounds(parts.clock, (entries) => this.#tell(entries));
  }

  /** See KvNode.watch. */
  add(query: WatchQuery): Result<WatchHandle> {
    const { applied } = this.#storage.summary();
    const after = query.after ?? applied;
    const { prefix, opened = () => {} } = query;
    const watch: Watch = {
      prefix,
      applied: query.applied,
      failed: query.failed,
      passed: query.passed,
      told: after,
      cursor: after,
      state: "live",
    };
    if (!this.#reachesBack(watch)) return this.#compacted(after);
    if (after > applied) {
      const fail = (result: Failed) => this.#fail(watch, result);
      const fault = this.#ahead.add(watch, { after, opened, failed: fail });
      if (fault !== undefined) return fault;
    } else opened();
    this.#watches.add(watch);
    if (watch.passed !== undefined) this.#nextLook ??= this.#lookLater();
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
    if (this.#watches.size > 0) this.#rounds.add(entries);
  }

  /** What there is to tell is put together once for each prefix. Returns how many watches are told. */
  #tell(entries: readonly Entry[]): number {
    const first = entries[0]?.sequence ?? 0;
    const byPrefix = new Map<string, readonly WatchPage[]>();
    let told = 0;
    for (const watch of this.#watches) {
      if (watch.state !== "live") continue;
      let pages = byPrefix.get(watch.prefix);
      // A watch may have been opened after some of these entries.
      if (watch.cursor >= first) pages = pagesOf(entriesAfter(watch.cursor, entries), watch.prefix);
      else if (pages === undefined) {
        pages = pagesOf(entries, watch.prefix);
        byPrefix.set(watch.prefix, pages);
      }
      if (pages.length > 0) told += 1;
      this.#deliver(watch, entries, pages);
    }
    return told;
  }

  /** A snapshot replaced the store: a watch that was behind it cannot be told what lay between. */
  jumped(): void {
    this.#rounds.tellNow();
    const { applied } = this.#storage.summary();
    for (const watch of this.#watches) {
      // The snapshot may be of a log that does not reach as far as the one before.
      if (watch.cursor > applied)
        this.#ahead.fellBehind(watch, {
          after: watch.cursor,
          opened: () => {},
          failed: (result) => this.#fail(watch, result),
        });
      if (watch.state === "live") this.#readOn(watch);
    }
  }

  /** The node is closing: watches that wait to be opened are refused. */
  close(): void {
    this.#rounds.close();
    this.#nextLook?.();
    this.#ahead.close();
  }

  /** What this node applied is not in the cluster's history: no watch can go on from it. */
  replaced(): void {
    this.#rounds.drop();
    for (const watch of [...this.#watches])
      this.#fail(
        watch,
        failed(
          "COMPACTED",
          "this node's store is replaced: operations it reported are not in the cluster's history",
          { members: { oldest: this.#storage.summary().applied } },
        ),
      );
  }

  #end(watch: Watch): void {
    watch.state = "ended";
    this.#watches.delete(watch);
    this.#ahead.delete(watch);
    if (this.#watches.size > 0) return;
    this.#nextLook?.();
    this.#nextLook = undefined;
  }

  #lookLater(): Cancel {
    return this.#clock.after(passedEveryMs, () => {
      this.#nextLook = this.#lookLater();
      for (const watch of this.#watches) this.#pass(watch, 1);
    });
  }

  /** Tells the watch how far it is if that is at least so many entries beyond what it was told. */
  #pass(watch: Watch, entries: number): void {
    if (watch.passed === undefined || watch.cursor - watch.told < entries) return;
    watch.told = watch.cursor;
    this.#ahead.reached(watch);
    this.#pauseUnless(watch.passed(watch.cursor), watch);
  }

  /** The listener may have ended the watch from within its call. */
  #pauseUnless(more: boolean, watch: Watch): void {
    if (!more && this.#watches.has(watch)) watch.state = "paused";
  }

  #fail(watch: Watch, { failure }: Failed): void {
    this.#end(watch);
    watch.failed(failure);
  }

  /** Every entry after the cursor is in the log, or not applied yet. */
  #reachesBack(watch: Watch): boolean {
    if (watch.cursor >= this.#storage.summary().applied) return true;
    const { first } = this.#storage.logBounds();
    return first > 0 && first <= watch.cursor + 1;
  }

  #compacted(after: Sequence): Failed {
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
      this.#fail(watch, this.#compacted(watch.cursor));
      return;
    }
    const { applied } = this.#storage.summary();
    if (watch.cursor >= applied) {
      watch.state = "live";
      return;
    }
    const page = this.#storage
      .readLog(watch.cursor + 1, pageLimit)
      .filter(({ sequence }) => sequence <= applied);
    this.#deliver(watch, page, pagesOf(page, watch.prefix));
    if (watch.state === "reading") this.#clock.defer(() => this.#readPage(watch));
  }

  /** `pages` are those of the entries after the cursor. */
  #deliver(watch: Watch, entries: readonly Entry[], pages: readonly WatchPage[]): void {
    for (const { operations, last } of pages) {
      watch.cursor = last;
      watch.told = last;
      this.#ahead.reached(watch);
      const more = watch.applied(operations);
      this.#pauseUnless(more, watch);
      if (!more || !this.#watches.has(watch)) return;
    }
    watch.cursor = Math.max(watch.cursor, entries.at(-1)?.sequence ?? 0);
    this.#pass(watch, this.#passedEvery);
  }
}

const entriesAfter = (cursor: Sequence, entries: readonly Entry[]): readonly Entry[] =>
  entries.filter(({ sequence }) => sequence > cursor);
