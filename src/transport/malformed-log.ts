/** Log lines about messages that were not believed. Whoever sends them could send them without end. */
import type { Log } from "../node/ports.ts";

/** Lines in one window of time, in milliseconds; what comes beyond is only counted. */
const linesMax = 10;
const windowMs = 10_000;

export class MalformedLog {
  readonly #log: Log;
  #windowAt = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unlogged = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  warn(peer: string, reason: string): void {
    const now = performance.now();
    if (now - this.#windowAt >= windowMs) {
      this.#windowAt = now;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > linesMax) {
      this.#unlogged += 1;
      return;
    }
    const unlogged = this.#unlogged === 0 ? undefined : this.#unlogged;
    this.#unlogged = 0;
    this.#log.warn(
      { peer, reason, unlogged },
      `${peer}: replication stream closed by this node (${reason}); the message changed nothing`,
    );
  }
}
