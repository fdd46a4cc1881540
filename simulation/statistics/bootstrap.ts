/** How far a mean can be trusted: the percentile bootstrap (Efron 1979), from a fixed seed. */
import { ascending, mean, quantileOfSorted, standardDeviation } from "./describe.ts";
import { seededRandom } from "./random.ts";

/** From `lowMs` to `highMs`; what share of runs it covers is said where it is made. */
export interface Interval {
  readonly lowMs: number;
  readonly highMs: number;
}

/** The seed makes an interval repeatable to the last digit. */
export interface BootstrapOptions {
  readonly seed: number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 2000. */
  readonly resamples?: number;
}

/** Above this many samples the normal interval is the same to three digits, and much cheaper. */
export const bootstrapSamplesMax = 5000;

/** An interval for the mean; undefined below two samples, which say nothing about their spread. */
export function meanInterval(
  values: readonly number[],
  { seed, level = 0.95, resamples = 2000 }: BootstrapOptions,
): Interval | undefined {
  if (values.length < 2) return undefined;
  if (values.length > bootstrapSamplesMax) return normalInterval(values);
  const sorted = ascending(resampledMeans(values, seed, resamples));
  const tail = (1 - level) / 2;
  return { lowMs: quantileOfSorted(sorted, tail), highMs: quantileOfSorted(sorted, 1 - tail) };
}

/**
 * A function of its own, since V8 13.6 (Node 24) can compile a function with a long loop while the object that it
 * returns is new to it: on a busy machine, two intervals then shared their numbers.
 */
function resampledMeans(values: readonly number[], seed: number, resamples: number): number[] {
  const random = seededRandom(seed);
  const means: number[] = [];
  for (let round = 0; round < resamples; round += 1) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) {
      sum += values[Math.floor(random() * values.length)] ?? 0;
    }
    means.push(sum / values.length);
  }
  return means;
}

function normalInterval(values: readonly number[]): Interval {
  const half = (1.96 * standardDeviation(values)) / Math.sqrt(values.length);
  return { lowMs: mean(values) - half, highMs: mean(values) + half };
}

/** A mean with its interval. */
export interface Estimate extends Interval {
  readonly meanMs: number;
}

/**
 * An interval for the first mean less the second, of independent samples: the distances of the ends add
 * up in squares (Newcombe's "square-and-add", Zou & Donner 2008).
 */
export function differenceInterval(first: Estimate, second: Estimate): Interval {
  const apart = first.meanMs - second.meanMs;
  const down = Math.hypot(first.meanMs - first.lowMs, second.highMs - second.meanMs);
  const up = Math.hypot(first.highMs - first.meanMs, second.meanMs - second.lowMs);
  return { lowMs: apart - down, highMs: apart + up };
}
