/** The jobs that wait for a flush, and which of them share the next one. */
import type { Digest, Entry, HardState, SnapshotEnd, StoreRecord } from "../replication/types.ts";
import { entryBytes } from "../replication/views.ts";

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
  /** Everything of it was received. Nothing is flushed. */
  | { readonly type: "seal"; readonly sealed: (digest: Digest) => void }
  | {
      readonly type: "install";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flushed: () => void;
    };

export type BatchJob = Extract<FlushJob, { type: "batch" }>;

/** A batch takes no more jobs once it holds about this much. */
const batchBytesMax = 8 * 1024 * 1024;

/** Oldest first. */
export class FlushQueue {
  #jobs: FlushJob[] = [];

  add(job: FlushJob): void {
    this.#jobs.push(job);
  }

  clear(): void {
    this.#jobs = [];
  }

  /** There are jobs, and all of them only apply entries that are durable already. */
  get onlyApplies(): boolean {
    return this.#jobs.length > 0 && this.#jobs.every(onlyApplies);
  }

  /** The oldest job; a batch together with those queued behind it, up to about `batchBytesMax`. */
  take(): FlushJob | undefined {
    const job = this.#jobs.shift();
    return job?.type === "batch" ? this.#gather(job) : job;
  }

  #gather(first: BatchJob): BatchJob {
    let next = this.#jobs[0];
    if (next?.type !== "batch") return first;
    const jobs = [first];
    let bytes = bytesOf(first);
    while (next?.type === "batch" && bytes < batchBytesMax) {
      jobs.push(next);
      bytes += bytesOf(next);
      this.#jobs.shift();
      next = this.#jobs[0];
    }
    return jobs.length === 1 ? first : merged(jobs);
  }
}

function merged(jobs: readonly BatchJob[]): BatchJob {
  const append: Entry[] = [];
  const apply: Entry[] = [];
  let hardState: HardState | undefined;
  for (const job of jobs) {
    for (const entry of job.append) append.push(entry);
    for (const entry of job.apply) apply.push(entry);
    hardState = job.hardState ?? hardState;
  }
  const flushed = (): void => {
    for (const job of jobs) job.flushed?.();
  };
  return { type: "batch", append, apply, hardState, flushed };
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
