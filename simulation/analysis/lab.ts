/** The experiment this store grew out of, as it was published. */
import type { Results } from "../results/schema.ts";

/** Mean latency in milliseconds, five followers, delays of 0..1000 ms, 10 clients with 10 writes each. */
export const labMeansMs: Readonly<Record<number, number>> = {
  1: 161.93,
  2: 335.45,
  3: 502.63,
  4: 712.38,
  5: 838.58,
};

/** The lab's means can be set beside results of the lab's delays only. */
export const comparesWithLab = ({ followers }: Results): boolean =>
  followers.length === 5 &&
  followers.every(({ delay }) => delay.minDelayMs === 0 && delay.maxDelayMs === 1000);
