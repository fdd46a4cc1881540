/**
 * When is a cluster warm? Each node is a process whose code is compiled while it runs, so the cost of a
 * write falls for seconds after a start. It is steady once it has stopped setting new lows.
 */
import { quantile } from "../statistics/index.ts";

/** A window is closed when it has lasted this long and holds this many writes. */
const windowMs = 400;
const windowSamplesMin = 10;
/** So many windows in succession without a new low. */
const windowsWithoutLow = 3;
/** Less than this below the lowest median is no new low. */
const lowStepMs = 0.2;

/** Watches the cost of one write after another. */
export interface Steadiness {
  /** True from the write that shows it. */
  observe(write: { costMs: number; now: number }): boolean;
}

/** `startedAt` and each `now` are instants of one clock, in milliseconds. */
export function createSteadiness(startedAt: number): Steadiness {
  let openedAt = startedAt;
  let costs: number[] = [];
  let lowestMs = Number.POSITIVE_INFINITY;
  let withoutLow = 0;
  const close = (now: number) => {
    const medianMs = quantile(costs, 0.5);
    withoutLow = medianMs < lowestMs - lowStepMs ? 0 : withoutLow + 1;
    lowestMs = Math.min(lowestMs, medianMs);
    openedAt = now;
    costs = [];
  };
  return {
    observe: ({ costMs, now }) => {
      costs.push(costMs);
      if (now - openedAt >= windowMs && costs.length >= windowSamplesMin) close(now);
      return withoutLow >= windowsWithoutLow;
    },
  };
}
