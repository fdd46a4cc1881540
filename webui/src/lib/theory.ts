/** What theory predicts for writes under given settings, computed by the simulation's own code. */
import { type Prediction, predictSettle } from "../../../simulation/theory/index.ts";
import type { LiveConfig } from "../api/wire.ts";

/** Answers of `predict`, which components ask for on every render. */
const known = new Map<string, Prediction | undefined>();
const knownMax = 200;

/**
 * The latency of writes in ms, from the simulated delays alone, without the store's own work. Each
 * follower has its own delay. Undefined where the quorum is larger than the number of followers.
 */
export function predict(
  config: LiveConfig,
  followerIds: readonly string[],
  quorum: number,
): Prediction | undefined {
  const general = { minDelayMs: config.minDelay, maxDelayMs: config.maxDelay };
  const followers = followerIds.map((id) => config.followerDelays[id] ?? general);
  if (quorum > followers.length) return undefined;
  const question = JSON.stringify([followers, quorum]);
  if (!known.has(question)) {
    if (known.size > knownMax) known.clear();
    known.set(question, predictSettle({ followers, quorum }));
  }
  return known.get(question);
}

/** The longest delay that the settings allow, ms. */
export function longestDelayMs(config: LiveConfig): number {
  const own = Object.values(config.followerDelays).map(({ maxDelayMs }) => maxDelayMs);
  return Math.max(config.maxDelay, ...own);
}
