/** What the simulation's theory says of a write under given settings. */
import { type Prediction, predictSettle } from "../../../simulation/theory/index.ts";
import type { LiveConfig } from "../api/wire.ts";

const known = new Map<string, Prediction | undefined>();
const knownMax = 200;

/** Undefined where more acks are asked for than there are followers. Delays alone; no overhead. */
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
