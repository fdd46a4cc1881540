/**
 * How long to wait before a call is sent again. Waits grow, and are drawn at random so that clients
 * that failed together do not come back together. A bucket that all calls of a client share keeps
 * retries from multiplying the load of a cluster in trouble.
 */
import { isElsewhere, type KVError } from "./errors.ts";

const firstMs = 25;
const longestMs = 1000;
/** Retries at once, and how many more each second. */
const bucket = { size: 100, perSecond: 20 } as const;

export class RetryBudget {
  #tokens: number = bucket.size;
  #filledAt = performance.now();

  /** Milliseconds before the next attempt. `attempt` counts from 0. */
  pauseMs(error: KVError, attempt: number): number {
    const step = Math.min(longestMs, firstMs * 2 ** attempt);
    // Whoever answered so has named another node, or is one of several that can be asked.
    const hintMs = isElsewhere(error) ? 0 : (error.retryAfterMs ?? 0);
    const jittered = hintMs + step * Math.random();
    return Math.max(jittered, this.#take());
  }

  /** Takes a token, and says after how many milliseconds there is one. */
  #take(): number {
    const now = performance.now();
    const grown = this.#tokens + ((now - this.#filledAt) / 1000) * bucket.perSecond;
    this.#filledAt = now;
    this.#tokens = Math.min(bucket.size, grown) - 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / bucket.perSecond) * 1000;
  }
}
