/** Runs the writes of a storage one after the other. */
import type { StorageFault } from "../../node/ports.ts";

/** Reports the end of a write, as the storage port does: undefined for success. */
export type Done = (fault: StorageFault | undefined) => void;
type Job = (done: Done) => void;

/** A job starts once the job before it has called its `done`. */
export class JobQueue {
  /** Oldest first. Invariant: the oldest one runs exactly while #busy. */
  readonly #jobs: { readonly job: Job; readonly done: Done }[] = [];
  #busy = false;
  #idle: (() => void) | undefined;
  #refusal: StorageFault | undefined;

  add(job: Job, done: Done): void {
    this.#jobs.push({ job, done });
    if (!this.#busy) this.#next();
  }

  /** Answers every job that has not started with this fault. Only the first call has an effect. */
  refuseAll(fault: StorageFault): void {
    this.#refusal ??= fault;
  }

  async whenIdle(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #next(): void {
    const first = this.#jobs[0];
    this.#busy = first !== undefined;
    if (first === undefined) return;
    const { job, done } = first;
    const refusal = this.#refusal;
    if (refusal !== undefined) {
      queueMicrotask(() => this.#finish(done, refusal));
      return;
    }
    try {
      job((fault) => this.#finish(done, fault));
    } catch (error) {
      // A violated invariant stops the node. Closing the storage must not wait for this job.
      this.#jobs.shift();
      this.#busy = false;
      throw error;
    }
  }

  #finish(done: Done, fault: StorageFault | undefined): void {
    this.#jobs.shift();
    this.#busy = false;
    // `done` may add the next job, so the queue must be ready for it before.
    if (this.#jobs.length > 0) this.#next();
    done(fault);
    if (!this.#busy) this.#idle?.();
  }
}
