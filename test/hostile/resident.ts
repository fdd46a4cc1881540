/** The memory of a node's process as the kernel counts it. */
import { readFileSync } from "node:fs";

/** Resident MiB. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

/** Watches it until stopped. */
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
