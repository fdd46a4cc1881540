/**
 * Group commit: the queue of jobs in front of the storage, and the order in which they are
 * reported.
 */
import type { Entry, HardState, Sequence, SnapshotEnd, StoreRecord } from "../replication/types.ts";
import { entryBytes } from "../replication/views.ts";
import { LogRetention } from "./log-retention.ts";
import type { Cancel, Clock, Storage, StorageFault, StoreSummary } from "./ports.ts";

/** Something to make durable. `flushed` is called once it is, in the order of the jobs. */
export type FlushJob =
  | {
      readonly type: "batch";
      readonly append: readonly Entry[];
      readonly apply: readonly Entry[];
      readonly hardState: HardState | undefined;
      readonly flushed: (() => void) | undefined;
    }
  | {
      readonly type: "records";
      readonly records: readonly StoreRecord[];
      readonly flushed: (() => void) | undefined;
    }
  /** Starts to receive a store; an unfinished one is dropped. Nothing is flushed. */
  | { readonly type: "begin" }
  | {
      readonly type: "install";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flushed: () => void;
    };

type BatchJob = Extract<FlushJob, { type: "batch" }>;

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

/** A refused flush is tried again after this time. */
const retryMs = 500;
/** How long entries that are only applied may wait for an append to share a flush with. */
const applyWaitMs = 3;
/** A batch takes no more jobs once it holds about this much. */
const batchBytesMax = 8 * 1024 * 1024;

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
  #queue: FlushJob[] = [];
  #busy = false;
  #fault: string | undefined;
  #retry: Cancel | undefined;
  /** Set while jobs that only apply wait for an append. */
  #applySoon: Cancel | undefined;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(parts: {
    storage: Storage;
    clock: Clock;
    events: FlusherEvents;
    /** This and the next two: see LogRetention. */
    retention: number;
    logBytesMax?: number;
    neededFrom?: () => Sequence;
  }) {
    this.#storage = parts.storage;
    this.#clock = parts.clock;
    this.#retention = new LogRetention(parts);
    this.#events = parts.events;
  }

  /** Why storage refuses to flush; undefined while it does not. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** A flush is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Queues the job; `kick` starts it. */
  add(job: FlushJob): void {
    this.#queue.push(job);
  }

  /**
   * Begins a flush unless one is under way. Called after each round of effects. Entries that are
   * only applied are durable already: they wait a moment for an append to share its flush.
   */
  kick(): void {
    if (this.#busy || this.#closed || this.#appliesWait()) return;
    this.#begin();
  }

  #appliesWait(): boolean {
    if (this.#queue.length === 0 || this.#idle.length > 0) return false;
    if (!this.#queue.every(onlyApplies)) return false;
    this.#applySoon ??= this.#clock.after(applyWaitMs, () => {
      this.#applySoon = undefined;
      if (!this.#busy && !this.#closed) this.#begin();
    });
    return true;
  }

  #begin(): void {
    this.#applySoon?.();
    this.#applySoon = undefined;
    const job = this.#queue.shift();
    if (job === undefined) {
      this.#tellIdle();
      return;
    }
    this.#busy = true;
    switch (job.type) {
      case "begin":
        this.#storage.incoming.begin();
        this.#finished([]);
        return;
      case "records":
        this.#attempt((done) => this.#storage.incoming.add(job.records, done), [job]);
        return;
      case "install":
        this.#attempt(
          (done) => this.#storage.incoming.install({ ...job.end, hardState: job.hardState }, done),
          [job],
        );
        return;
      case "batch":
        this.#write(this.#gather(job));
        return;
    }
  }

  /** Runs once nothing is left to flush, or storage refuses to flush: that may never end. */
  whenIdle(run: () => void): void {
    this.#idle.push(run);
    if (this.#fault === undefined) this.kick();
    else this.#tellIdle();
  }

  #tellIdle(): void {
    for (const run of this.#idle.splice(0)) run();
  }

  /** Drops the queue. A flush that is under way ends without being reported. */
  close(): void {
    this.#closed = true;
    this.#retry?.();
    this.#applySoon?.();
    this.#queue = [];
  }

  /** This batch and those queued behind it, up to about `batchBytesMax`. */
  #gather(first: BatchJob): readonly BatchJob[] {
    const jobs = [first];
    let bytes = bytesOf(first);
    let next = this.#queue[0];
    while (next?.type === "batch" && bytes < batchBytesMax) {
      jobs.push(next);
      bytes += bytesOf(next);
      this.#queue.shift();
      next = this.#queue[0];
    }
    return jobs;
  }

  #write(jobs: readonly BatchJob[]): void {
    const append = jobs.length === 1 ? (jobs[0]?.append ?? []) : jobs.flatMap((job) => job.append);
    const apply = jobs.length === 1 ? (jobs[0]?.apply ?? []) : jobs.flatMap((job) => job.apply);
    const hardState = jobs.findLast((job) => job.hardState !== undefined)?.hardState;
    if (append.length === 0 && apply.length === 0 && hardState === undefined) {
      this.#finished(jobs);
      return;
    }
    const batch = { append, apply, hardState, compactTo: this.#retention.compactTo() };
    const startedAt = this.#clock.now();
    this.#attempt(
      (done) => this.#storage.write(batch, done),
      jobs,
      () => {
        this.#events.flushed({ ms: this.#clock.now() - startedAt, entries: append.length });
        if (apply.length === 0) return;
        this.#events.applied(apply, this.#storage.summary());
      },
    );
  }

  /** Runs until it succeeds, then calls `before` and reports the jobs. */
  #attempt(
    run: (done: (fault: StorageFault | undefined) => void) => void,
    jobs: readonly FlushJob[],
    before?: () => void,
  ): void {
    run((fault) => {
      if (this.#closed) return;
      if (fault !== undefined) {
        if (this.#fault !== fault.reason) this.#events.fault(fault.reason);
        this.#fault = fault.reason;
        this.#retry = this.#clock.after(retryMs, () => this.#attempt(run, jobs, before));
        this.#tellIdle();
        return;
      }
      if (this.#fault !== undefined) this.#events.fault(undefined);
      this.#fault = undefined;
      before?.();
      this.#finished(jobs);
    });
  }

  #finished(jobs: readonly FlushJob[]): void {
    for (const job of jobs) if (job.type !== "begin") job.flushed?.();
    this.#events.between();
    this.#busy = false;
    this.kick();
  }
}

const onlyApplies = (job: FlushJob): boolean =>
  job.type === "batch" &&
  job.append.length === 0 &&
  job.hardState === undefined &&
  job.flushed === undefined;

function bytesOf(job: BatchJob): number {
  let bytes = 0;
  for (const entry of job.append) bytes += entryBytes(entry);
  for (const entry of job.apply) bytes += entryBytes(entry);
  return bytes;
}
