/** The empirical distribution: which share of the samples lies at or below a value. */
import { ascending } from "./describe.ts";

/** A point at which the distribution rises. */
export interface EcdfStep {
  readonly atMs: number;
  /** Share of the samples at or below `atMs`. */
  readonly share: number;
}

/**
 * One step for each sample, in rising order; equal samples make several steps at one place.
 */
export const ecdf = (values: readonly number[]): readonly EcdfStep[] =>
  ascending(values).map((atMs, index) => ({ atMs, share: (index + 1) / values.length }));

/** Largest vertical gap between samples and a continuous distribution (Kolmogorov's distance). */
export function distributionGap(values: readonly number[], cdf: (atMs: number) => number): number {
  let widest = 0;
  for (const [index, { atMs, share }] of ecdf(values).entries()) {
    const expected = cdf(atMs);
    widest = Math.max(
      widest,
      Math.abs(share - expected),
      Math.abs(index / values.length - expected),
    );
  }
  return widest;
}

/**
 * The gap that 95 of 100 runs stay below when the theory is true (Dvoretzky, Kiefer & Wolfowitz, with
 * Massart's constant).
 */
export const gapLimit = (samples: number): number =>
  samples > 0 ? Math.sqrt(Math.log(2 / 0.05) / (2 * samples)) : 1;
