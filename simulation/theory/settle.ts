/** When does an entry settle? The k-th smallest of independent delays; see README.md beside this. */
import { type DelayRange, delayCdf } from "./delay.ts";
import { atLeast } from "./poisson-binomial.ts";
import { integrate } from "./quadrature.ts";

/** The followers an entry travels to, and how many of their acks its writer waits for. */
export interface SettleModel {
  readonly followers: readonly DelayRange[];
  /** 0..followers; 0 waits for nobody. */
  readonly quorum: number;
}

/** Milliseconds. The band from p5 to p95 holds nine of ten writes. */
export interface Prediction {
  readonly quorum: number;
  readonly meanMs: number;
  readonly standardDeviationMs: number;
  readonly p5Ms: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly lowestMs: number;
  readonly highestMs: number;
}

/** The same delay for every one of `followers`. */
export const equalFollowers = (followers: number, delay: DelayRange): readonly DelayRange[] =>
  Array.from({ length: followers }, () => delay);

/** Chance that the entry has settled by `atMs`. */
export const settleCdf = ({ followers, quorum }: SettleModel, atMs: number): number =>
  atLeast(
    followers.map((delay) => delayCdf(delay, atMs)),
    quorum,
  );

/** The earliest time by which a share of entries has settled. */
function settleQuantile(model: SettleModel, share: number): number {
  let { from: low, to: high } = support(model);
  if (settleCdf(model, low) >= share) return low;
  // Sixty halvings of any span of milliseconds end far below the precision of a clock.
  for (let step = 0; step < 60 && high > low; step += 1) {
    const middle = (low + high) / 2;
    if (settleCdf(model, middle) >= share) high = middle;
    else low = middle;
  }
  return high;
}

/** Mean, spread and quantiles of the settling time. RangeError when there are too few followers. */
export function predictSettle(model: SettleModel): Prediction {
  const { followers, quorum } = model;
  if (!Number.isInteger(quorum) || quorum < 0 || quorum > followers.length) {
    throw new RangeError(`a quorum of ${quorum} among ${followers.length} followers`);
  }
  const { from, to } = support(model);
  const pieces = piecesOf(model);
  const unsettled = (atMs: number) => 1 - settleCdf(model, atMs);
  // E[T] = from + integral of P(T > t); E[(T - from)^2] = integral of 2 (t - from) P(T > t).
  let mean = 0;
  let square = 0;
  for (const piece of pieces) {
    mean += integrate(unsettled, piece);
    square += integrate((atMs) => 2 * (atMs - from) * unsettled(atMs), piece);
  }
  return {
    quorum,
    meanMs: from + mean,
    standardDeviationMs: Math.sqrt(Math.max(0, square - mean * mean)),
    p5Ms: settleQuantile(model, 0.05),
    p50Ms: settleQuantile(model, 0.5),
    p90Ms: settleQuantile(model, 0.9),
    p95Ms: settleQuantile(model, 0.95),
    lowestMs: from,
    highestMs: to,
  };
}

/** Where 95 of 100 means of that many writes fall, by the central limit theorem. */
export function meanBand(
  { meanMs, standardDeviationMs }: Prediction,
  samples: number,
): { readonly lowMs: number; readonly highMs: number } {
  const half = samples > 0 ? (1.96 * standardDeviationMs) / Math.sqrt(samples) : 0;
  return { lowMs: meanMs - half, highMs: meanMs + half };
}

/** No entry settles before the k-th lowest minimum, nor after the k-th lowest maximum. */
const support = ({ followers, quorum }: SettleModel): { from: number; to: number } => ({
  from: kthSmallest(
    followers.map((delay) => delay.minDelayMs),
    quorum,
  ),
  to: kthSmallest(
    followers.map((delay) => delay.maxDelayMs),
    quorum,
  ),
});

/** The k-th smallest of some times; 0 for k = 0: nobody is waited for. */
export const kthSmallest = (times: readonly number[], k: number): number =>
  k <= 0 ? 0 : (times.toSorted((a, b) => a - b)[k - 1] ?? Number.NaN);

/** Between two neighbouring ends of delay ranges the distribution is one polynomial. */
function piecesOf(model: SettleModel): readonly { from: number; to: number }[] {
  const { from, to } = support(model);
  const ends = model.followers.flatMap((delay) => [delay.minDelayMs, delay.maxDelayMs]);
  const cuts = [...new Set([from, ...ends.filter((end) => end > from && end < to), to])];
  cuts.sort((a, b) => a - b);
  return cuts.slice(1).map((end, index) => ({ from: cuts[index] ?? from, to: end }));
}
