/** Keeps whoever writes to a storage to the promise of its port: one write at a time. */
import type { StorageFault } from "../node/ports.ts";
import { invariant } from "../replication/invariant.ts";

/** Reports the end of a write, as the storage port does: undefined for success. */
export type Done = (fault: StorageFault | undefined) => void;

/** The write under way, of which there is never more than one. */
export class SingleWrite {
  #isUnderWay = false;
  #over: (() => void) | undefined;

  /** Runs the write. `done` may begin the next one. */
  begin(write: (done: Done) => void, done: Done): void {
    this.mustBeOver();
    this.#isUnderWay = true;
    try {
      write((fault) => this.#end(done, fault));
    } catch (error) {
      // A violated invariant stops the node. Closing the storage must not wait for this write.
      this.#isUnderWay = false;
      throw error;
    }
  }

  /** Throws while a write is under way. */
  mustBeOver(): void {
    invariant(!this.#isUnderWay, "a write begins only after the one before it is answered");
  }

  /** Resolves once no write is under way. */
  async whenOver(): Promise<void> {
    if (this.#isUnderWay) await new Promise<void>((resolve) => (this.#over = resolve));
  }

  #end(done: Done, fault: StorageFault | undefined): void {
    this.#isUnderWay = false;
    try {
      done(fault);
    } finally {
      if (!this.#isUnderWay) this.#over?.();
    }
  }
}
