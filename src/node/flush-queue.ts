/** The jobs that wait for a flush, and which of them share the next one. */
import type { Limits } from "../replication/limits.ts";
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

/** Oldest first. Invariant: a job that applies several entries applies no more than a batch may. */
export class FlushQueue {
  readonly #appliedMax: number;
  #jobs: FlushJob[] = [];
  /** Operations that the jobs apply. */
  #applied = 0;

  /** `appliedOperationsMax`: of one batch; the event loop does nothing else while they are applied. */
  constructor({ appliedOperationsMax }: Pick<Limits, "appliedOperationsMax">) {
    this.#appliedMax = appliedOperationsMax;
  }

  /** What applies more than a batch may becomes several jobs. The last of them reports the flush. */
  add(job: FlushJob): void {
    const applied = appliedBy(job);
    this.#applied += applied;
    if (job.type !== "batch" || applied <= this.#appliedMax) this.#jobs.push(job);
    else for (const part of partsOf(job, this.#appliedMax)) this.#jobs.push(part);
  }

  clear(): void {
    this.#jobs = [];
    this.#applied = 0;
  }

  /** There are jobs, and all of them only apply entries that are durable already. */
  get onlyApplies(): boolean {
    return this.#jobs.length > 0 && this.#jobs.every(onlyApplies);
  }

  /** What is to be applied fills a batch, or more than one. */
  get isLong(): boolean {
    return this.#applied >= this.#appliedMax;
  }

  /** The oldest job; a batch together with those queued behind it, as far as one batch may go. */
  take(): FlushJob | undefined {
    const first = this.#jobs.shift();
    const job = first?.type === "batch" ? this.#gather(first) : first;
    if (job !== undefined) this.#applied -= appliedBy(job);
    return job;
  }

  #gather(first: BatchJob): BatchJob {
    let next = this.#jobs[0];
    if (next?.type !== "batch") return first;
    const jobs = [first];
    let bytes = bytesOf(first);
    let applied = appliedBy(first);
    while (next?.type === "batch" && bytes < batchBytesMax) {
      applied += appliedBy(next);
      if (applied > this.#appliedMax) break;
      jobs.push(next);
      bytes += bytesOf(next);
      this.#jobs.shift();
      next = this.#jobs[0];
    }
    return jobs.length === 1 ? first : merged(jobs);
  }
}

/** One after another they do what the job does. */
function partsOf(job: BatchJob, operationsMax: number): readonly BatchJob[] {
  const [first = [], ...others] = slicesOf(job.apply, operationsMax);
  if (others.length === 0) return [job];
  const { append, hardState, flushed } = job;
  const none = { append: [], hardState: undefined, flushed: undefined };
  const rest = others.map((apply): BatchJob => ({ type: "batch", ...none, apply }));
  const last = rest.length - 1;
  return [
    { type: "batch", append, apply: first, hardState, flushed: undefined },
    ...rest.map((part, index) => (index === last ? { ...part, flushed } : part)),
  ];
}

/** The entries in lists that one batch may apply. */
function slicesOf(entries: readonly Entry[], operationsMax: number): readonly (readonly Entry[])[] {
  const slices: Entry[][] = [];
  let slice: Entry[] = [];
  let operations = 0;
  for (const entry of entries) {
    operations += weightOf(entry);
    if (slice.length > 0 && operations > operationsMax) {
      slices.push(slice);
      [slice, operations] = [[], weightOf(entry)];
    }
    slice.push(entry);
  }
  return [...slices, slice];
}

/** An entry without operations is work as well. */
const weightOf = ({ operations }: Entry): number => Math.max(1, operations.length);

function appliedBy(job: FlushJob): number {
  if (job.type !== "batch") return 0;
  let operations = 0;
  for (const entry of job.apply) operations += weightOf(entry);
  return operations;
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
