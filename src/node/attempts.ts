/** A write that storage refuses is tried again unchanged, until storage takes it. */
import type { Cancel, Clock, StorageFault } from "./ports.ts";

/** A refused write is tried again after this time. */
const retryMs = 500;

/** Starts a write, which ends with `done`. */
type Write = (done: (fault: StorageFault | undefined) => void) => void;

/** The attempts at one write after another. */
export class Attempts {
  readonly #clock: Clock;
  readonly #changed: (fault: string | undefined) => void;
  #fault: string | undefined;
  #retry: Cancel | undefined;
  #closed = false;

  /** `changed`: storage refuses to flush, for this reason, or flushes again (undefined). */
  constructor(clock: Clock, changed: (fault: string | undefined) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Why storage refuses to flush; undefined while it does not. */
  get fault(): string | undefined {
    return this.#fault;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `succeeded` once storage has taken the write: the next one may then be made. */
  make(write: Write, succeeded: () => void): void {
    write((fault) => {
      if (this.#closed) return;
      if (fault !== undefined)
        this.#retry = this.#clock.after(retryMs, () => this.make(write, succeeded));
      this.#setFault(fault?.reason);
      if (fault === undefined) succeeded();
    });
  }

  #setFault(reason: string | undefined): void {
    if (reason === this.#fault) return;
    this.#fault = reason;
    this.#changed(reason);
  }

  /** Makes no further attempt. One that is under way ends without being reported. */
  close(): void {
    this.#closed = true;
    this.#retry?.();
  }
}
