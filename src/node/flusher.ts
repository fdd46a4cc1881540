/** Group commit: when a flush begins, and the order in which its results are reported. */
import type { Limits } from "../replication/limits.ts";
import type { Entry, Sequence } from "../replication/types.ts";
import { Attempts } from "./attempts.ts";
import { type BatchJob, type FlushJob, FlushQueue } from "./flush-queue.ts";
import { LogRetention } from "./log-retention.ts";
import type { Cancel, Clock, Storage, StoreSummary } from "./ports.ts";

/** What the flusher reports to its node. */
export interface FlusherEvents {
  /** The store shows these entries now, flushed. Called before the jobs' own `flushed`. */
  applied(entries: readonly Entry[], store: StoreSummary): void;
  /** Storage refuses to flush, for this reason, or flushes again (undefined). */
  fault(reason: string | undefined): void;
  /** A batch was flushed: how long that took, and how many entries it appended. */
  flushed(figures: { ms: number; entries: number }): void;
  /** One flush has ended, the next has not begun: what is added now belongs to it. */
  between(): void;
}

/** How long entries that are only applied may wait for an append to share a flush with. */
const applyWaitMs = 3;

/**
 * The one place where a node writes to its storage. Jobs that arrive during a flush gather into the
 * next one: this is group commit. A refused flush is tried again unchanged until it succeeds, and
 * no job overtakes it.
 */
export class Flusher {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #events: FlusherEvents;
  readonly #retention: LogRetention;
  readonly #queue: FlushQueue;
  readonly #attempts: Attempts;
  #busy = false;
  /** Set while jobs that only apply wait for an append. */
  #applySoon: Cancel | undefined;
  #idle: (() => void)[] = [];

  constructor(parts: {
    storage: Storage;
    clock: Clock;
    events: FlusherEvents;
    /** This and the next two: see LogRetention. */
    retention: number;
    logBytesMax?: number;
    neededFrom?: () => Sequence;
    limits: Pick<Limits, "appliedOperationsMax">;
  }) {
    this.#queue = new FlushQueue(parts.limits);
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#retention = new LogRetention(parts);
    this.#events = parts.events;
    this.#attempts = new Attempts(parts.clock, (reason) => {
      parts.events.fault(reason);
      if (reason !== undefined) this.#tellIdle();
    });
  }

  /** Why storage refuses to flush; undefined while it does not. */
  get fault(): string | undefined {
    return this.#attempts.fault;
  }

  /** A flush is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Queues the job; `kick` starts it. */
  add(job: FlushJob): void {
    this.#queue.add(job);
  }

  /**
   * Begins a flush unless one is under way. Called after each round of effects. Entries that are
   * only applied are durable already: they wait a moment for an append to share its flush.
   */
  kick(): void {
    if (this.#busy || this.#attempts.closed) return;
    const { onlyApplies, isLong } = this.#queue;
    if (onlyApplies && !isLong && this.#idle.length === 0) this.#beginSoon();
    else this.#begin();
  }

  #beginSoon(): void {
    this.#applySoon ??= this.#clock.after(applyWaitMs, () => {
      this.#applySoon = undefined;
      if (!this.#busy && !this.#attempts.closed) this.#begin();
    });
  }

  #begin(): void {
    this.#applySoon?.();
    this.#applySoon = undefined;
    const job = this.#queue.take();
    if (job === undefined) {
      this.#tellIdle();
      return;
    }
    this.#busy = true;
    const { incoming } = this.#storage;
    switch (job.type) {
      case "begin":
        incoming.begin();
        this.#finished();
        return;
      case "seal":
        this.#finished(() => job.sealed(incoming.digest()));
        return;
      case "records":
        this.#attempts.make(
          (done) => incoming.add(job.records, done),
          () => this.#finished(job.flushed),
        );
        return;
      case "install":
        this.#attempts.make(
          (done) => incoming.install({ ...job.end, hardState: job.hardState }, done),
          () => this.#finished(job.flushed),
        );
        return;
      case "batch":
        this.#write(job);
        return;
    }
  }

  #write({ append, apply, hardState, flushed }: BatchJob): void {
    if (append.length === 0 && apply.length === 0 && hardState === undefined) {
      this.#finished(flushed);
      return;
    }
    const batch = { append, apply, hardState, compactTo: this.#retention.compactTo() };
    const startedAt = this.#clock.now();
    this.#attempts.make(
      (done) => this.#storage.write(batch, done),
      () => {
        this.#events.flushed({ ms: this.#clock.now() - startedAt, entries: append.length });
        if (apply.length > 0) this.#events.applied(apply, this.#storage.summary());
        this.#finished(flushed);
      },
    );
  }

  #finished(flushed?: () => void): void {
    flushed?.();
    this.#events.between();
    // Applying is work of the event loop: while much of it waits, other events come between two batches.
    if (this.#queue.isLong) this.#clock.defer(() => this.#next());
    else this.#next();
  }

  #next(): void {
    this.#busy = false;
    this.kick();
  }

  /** Runs once nothing is left to flush, or storage refuses to flush: that may never end. */
  whenIdle(run: () => void): void {
    this.#idle.push(run);
    if (this.fault === undefined) this.kick();
    else this.#tellIdle();
  }

  #tellIdle(): void {
    for (const run of this.#idle.splice(0)) run();
  }

  /** Drops the queue. A flush that is under way ends without being reported. */
  close(): void {
    this.#attempts.close();
    this.#applySoon?.();
    this.#queue.clear();
  }
}
