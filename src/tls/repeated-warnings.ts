/** Warnings that would come with every attempt of a peer. */
import type { Log } from "../node/ports.ts";

/** Milliseconds before the same warning is written again. */
const silenceMs = 60_000;
/** Different warnings that are remembered. */
const rememberedMax = 200;

/** Writes each warning once a minute. */
export class RepeatedWarnings {
  readonly #log: Log;
  /** When each was last written, in monotonic milliseconds. The oldest one is first. */
  readonly #writtenAt = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  warn(fields: Readonly<Record<string, string>>, message: string): void {
    const { peer, ...rest } = fields;
    // A peer comes from another port each time.
    const host = peer?.replace(/:\d+$/, "");
    const key = JSON.stringify([message, host, rest]);
    const now = performance.now();
    if (now - (this.#writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < silenceMs) return;
    this.#writtenAt.delete(key);
    this.#writtenAt.set(key, now);
    const [oldest] = this.#writtenAt.keys();
    if (oldest !== undefined && this.#writtenAt.size > rememberedMax)
      this.#writtenAt.delete(oldest);
    this.#log.warn(fields, message);
  }
}
