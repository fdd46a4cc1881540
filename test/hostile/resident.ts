/** How far the memory of a process grows while it is watched. */
import { residentMiB } from "./memory.ts";

/** Watches a process until stopped. */
export class ResidentWatch {
  readonly idleMiB: number;
  #peakMiB: number;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.idleMiB = residentMiB(pid);
    this.#peakMiB = this.idleMiB;
    this.#timer = setInterval(() => {
      this.#peakMiB = Math.max(this.#peakMiB, residentMiB(pid));
    }, 20);
  }

  /** How far above the start it was at most. */
  get growthMiB(): number {
    return this.#peakMiB - this.idleMiB;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
