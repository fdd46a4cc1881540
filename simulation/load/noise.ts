/**
 * How late this process's own timers fire. A load generator that is late itself cannot accuse the store
 * of being slow.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { rounded } from "../numbers.ts";
import type { Noise } from "../results/schema.ts";

const resolutionMs = 5;

/** Starts listening; the returned function stops and says what was heard. */
export function listenForNoise(): () => Noise {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    histogram.disable();
    if (histogram.count === 0) return { meanMs: 0, p99Ms: 0, maxMs: 0 };
    // The histogram counts whole intervals in nanoseconds; the lateness is what exceeds the resolution.
    const late = (nanoseconds: number) => rounded(Math.max(0, nanoseconds / 1e6 - resolutionMs));
    return {
      meanMs: late(histogram.mean),
      p99Ms: late(histogram.percentile(99)),
      maxMs: late(histogram.max),
    };
  };
}
