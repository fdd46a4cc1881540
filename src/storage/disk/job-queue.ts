import type { StorageFault } from "../../node/ports.ts";

export type Done = (fault: StorageFault | undefined) => void;
type Job = (done: Done) => void;

/** One thing after the other: a job begins when the one before has called its `done`. */
export class JobQueue {
  /** Oldest first. Invariant: the oldest one is under way exactly while #busy. */
  readonly #jobs: { readonly job: Job; readonly done: Done }[] = [];
  #busy = false;
  #idle: (() => void) | undefined;
  #refusal: StorageFault | undefined;

  add(job: Job, done: Done): void {
    this.#jobs.push({ job, done });
    if (!this.#busy) this.#next();
  }

  /** Answers every job with this from now on, the first refusal for good. */
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
      // A broken promise stops the node; whoever closes the storage then need not wait for it.
      this.#jobs.shift();
      this.#busy = false;
      throw error;
    }
  }

  #finish(done: Done, fault: StorageFault | undefined): void {
    this.#jobs.shift();
    this.#busy = false;
    // The next one may be given to us by `done`; it must find this one over.
    if (this.#jobs.length > 0) this.#next();
    done(fault);
    if (!this.#busy) this.#idle?.();
  }
}
