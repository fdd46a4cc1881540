/** Mean, spread and quantiles of samples. Milliseconds in, milliseconds out. */

/** NaN for no samples. Two passes, so that a large offset costs no digits. */
export function mean(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  let sum = 0;
  for (const value of values) sum += value;
  const rough = sum / values.length;
  let rest = 0;
  for (const value of values) rest += value - rough;
  return rough + rest / values.length;
}

/** Of a sample (divisor n - 1); 0 for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

/** A sorted copy. The argument stays as it is. */
export const ascending = (values: readonly number[]): readonly number[] =>
  values.toSorted((a, b) => a - b);

/**
 * The value below which a share of the samples lies, by linear interpolation between order statistics
 * (type 7 of Hyndman & Fan 1996, the default of R and NumPy). NaN for no samples.
 */
export function quantileOfSorted(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * Math.min(1, Math.max(0, share));
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** As `quantileOfSorted`, of values in any order. */
export const quantile = (values: readonly number[], share: number): number =>
  quantileOfSorted(ascending(values), share);

/** A p99 of fewer samples than this would rest on a handful of values, so it is not shown. */
const p99SamplesMin = 1000;

/** Milliseconds, but for `count`. */
export interface Summary {
  readonly count: number;
  readonly meanMs: number;
  readonly standardDeviationMs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  /** null below `p99SamplesMin` samples. */
  readonly p99Ms: number | null;
  readonly maxMs: number;
}

/** Undefined for no samples: nothing can be said about them. */
export function summarize(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  const sorted = ascending(values);
  return {
    count: sorted.length,
    meanMs: mean(sorted),
    standardDeviationMs: standardDeviation(sorted),
    minMs: quantileOfSorted(sorted, 0),
    p50Ms: quantileOfSorted(sorted, 0.5),
    p90Ms: quantileOfSorted(sorted, 0.9),
    p95Ms: quantileOfSorted(sorted, 0.95),
    p99Ms: sorted.length >= p99SamplesMin ? quantileOfSorted(sorted, 0.99) : null,
    maxMs: quantileOfSorted(sorted, 1),
  };
}
