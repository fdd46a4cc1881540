/** Everything that is said about one quorum, computed from its passes. No node: imports. */
import type {
  Comparison,
  DifferenceClass,
  Failure,
  Pass,
  Results,
  Sample,
} from "../results/schema.ts";
import {
  distributionGap,
  gapLimit,
  type Interval,
  mean,
  meanInterval,
  quantile,
  type Summary,
  summarize,
} from "../statistics/index.ts";
import {
  kthSmallest,
  meanBand,
  type Prediction,
  predictSettle,
  type SettleModel,
  settleCdf,
} from "../theory/index.ts";
import { type Disturbance, disturbanceOf } from "./noise.ts";

/** Times are milliseconds. Figures cover all passes of the quorum together. */
export interface QuorumAnalysis {
  readonly quorum: number;
  readonly samples: number;
  readonly expected: number;
  readonly refused: number;
  /** Outcome unknown: those writes may still have settled. */
  readonly unknown: number;
  /** Of those without success: too slow or too busy, which the machine may have made them. */
  readonly late: number;
  /** Every pass ran to its end. */
  readonly complete: boolean;
  /** Undefined without a single success. */
  readonly latency: Summary | undefined;
  /** 95 % bootstrap interval of the mean latency. */
  readonly meanInterval: Interval | undefined;
  readonly theory: Prediction;
  /** Where theory puts 95 of 100 means of that many samples. */
  readonly theoryMeanBand: Interval;
  /** Mean of the k-th smallest delays that really elapsed: what these very writes had to wait. */
  readonly tracedMs: number | undefined;
  /** Latency less the k-th smallest elapsed delay: the store's own cost. */
  readonly overhead: Summary | undefined;
  /** 95 % bootstrap interval of its mean. */
  readonly overheadInterval: Interval | undefined;
  /** Largest gap between the measured and the theoretical distribution, and what chance explains. */
  readonly gap: { readonly measured: number; readonly limit: number } | undefined;
  readonly disturbance: Disturbance;
  readonly writesPerSecond: number;
  readonly freshness: {
    readonly reads: number;
    readonly freshShare: number;
    /** From the answer; null when no read came to show the write. */
    readonly p95BehindMs: number | null;
    /** Reads that did not show the write within their patience. */
    readonly never: number;
  } | null;
  readonly convergence: {
    readonly maxMs: number;
    readonly meanMs: number;
    /** Followers that did not get there in time, over all passes. */
    readonly late: number;
  } | null;
  /** Differences over all followers and passes; null when nothing was compared. */
  readonly answered: Differences | null;
  readonly settled: Differences | null;
}

/** Counts of keys by class, summed over followers. */
export type Differences = Readonly<Record<DifferenceClass, number>> & {
  readonly total: number;
  /** Followers that differed or could not be compared. */
  readonly followers: readonly string[];
  readonly uncompared: number;
};

/** The model of a quorum under the delays that were configured. */
export const modelOf = ({ followers }: Results, quorum: number): SettleModel => ({
  followers: followers.map(({ delay }) => delay),
  quorum,
});

/** What a write had to wait by the delays that really elapsed. */
export const tracedDelayOf = ({ acks }: Sample, quorum: number): number =>
  kthSmallest(
    acks.map(({ delayMs }) => delayMs),
    quorum,
  );

/**
 * The store's own cost of one write: HTTP, flushes, gRPC and waiting for the processor.
 * Slightly below 0 where a clock was read late.
 */
export const overheadOf = (sample: Sample, quorum: number): number =>
  sample.latencyMs - tracedDelayOf(sample, quorum);

/**
 * Bootstrap intervals use the run's seed, so the same results always give the same figures.
 */
export function analyseQuorum(results: Results, quorum: number): QuorumAnalysis {
  const passes = results.passes.filter((pass) => pass.quorum === quorum);
  const samples = passes.flatMap((pass) => pass.samples);
  const failures = passes.flatMap((pass) => pass.failures);
  const latencies = samples.map(({ latencyMs }) => latencyMs);
  const overheads = samples.map((sample) => overheadOf(sample, quorum));
  const model = modelOf(results, quorum);
  const theory = predictSettle(model);
  const { seed } = results.options;
  return {
    quorum,
    samples: samples.length,
    expected: passes.reduce((sum, { expected }) => sum + expected, 0),
    refused: failures.filter(isRefused).length,
    unknown: failures.filter((failure) => !isRefused(failure)).length,
    late: failures.filter(({ code }) => lateCodes.has(code)).length,
    complete: passes.length > 0 && passes.every(({ complete }) => complete),
    latency: summarize(latencies),
    meanInterval: meanInterval(latencies, { seed }),
    theory,
    theoryMeanBand: meanBand(theory, samples.length),
    tracedMs:
      samples.length === 0
        ? undefined
        : mean(samples.map((sample) => tracedDelayOf(sample, quorum))),
    overhead: summarize(overheads),
    overheadInterval: meanInterval(overheads, { seed: seed + 1 }),
    gap: gapOf(latencies, model),
    disturbance: disturbanceOf(results, passes),
    writesPerSecond: 1000 * (samples.length / passes.reduce((sum, { loadMs }) => sum + loadMs, 0)),
    freshness: freshnessOf(passes),
    convergence: convergenceOf(passes),
    answered: differencesAt(passes, "answered"),
    settled: differencesAt(passes, "settled"),
  };
}

const lateCodes: ReadonlySet<string> = new Set(["OUTCOME_UNKNOWN", "NO_ANSWER", "OVERLOADED"]);

const isRefused = ({ outcome }: Failure): boolean => outcome === "refused";

/** Fixed delays have no distribution to compare with. */
function gapOf(latencies: readonly number[], model: SettleModel): QuorumAnalysis["gap"] {
  const fixed = model.followers.every(({ minDelayMs, maxDelayMs }) => minDelayMs === maxDelayMs);
  if (latencies.length === 0 || model.quorum === 0 || fixed) return undefined;
  const measured = distributionGap(latencies, (atMs) => settleCdf(model, atMs));
  return { measured, limit: gapLimit(latencies.length) };
}

function freshnessOf(passes: readonly Pass[]): QuorumAnalysis["freshness"] {
  const reads = passes.flatMap(({ freshness }) => freshness);
  if (reads.length === 0) return null;
  const shown = reads.filter(({ fresh, behindMs }) => fresh || behindMs !== null);
  const behind = shown.map(({ fresh, behindMs }) => (fresh ? 0 : (behindMs ?? 0)));
  return {
    reads: reads.length,
    freshShare: reads.filter(({ fresh }) => fresh).length / reads.length,
    p95BehindMs: behind.length === 0 ? null : quantile(behind, 0.95),
    never: reads.length - shown.length,
  };
}

function convergenceOf(passes: readonly Pass[]): QuorumAnalysis["convergence"] {
  const all = passes.flatMap(({ convergence }) => convergence.map(({ ms }) => ms));
  const reached = all.filter((ms) => ms !== null);
  if (all.length === 0) return null;
  return {
    maxMs: Math.max(0, ...reached),
    meanMs: reached.length === 0 ? 0 : mean(reached),
    late: all.length - reached.length,
  };
}

function differencesAt(passes: readonly Pass[], moment: Comparison["moment"]): Differences | null {
  const compared = passes
    .flatMap(({ comparisons }) => comparisons)
    .filter((comparison) => comparison.moment === moment)
    .flatMap(({ followers }) => followers);
  if (compared.length === 0) return null;
  const sum = (name: DifferenceClass) =>
    compared.reduce((total, { counts }) => total + counts[name], 0);
  const classes = {
    missing: sum("missing"),
    stale: sum("stale"),
    diverged: sum("diverged"),
    extra: sum("extra"),
  };
  const differing = compared.filter(({ identical }) => !identical).map(({ node }) => node);
  return {
    ...classes,
    total: classes.missing + classes.stale + classes.diverged + classes.extra,
    followers: [...new Set(differing)].sort(),
    uncompared: compared.filter(({ error }) => error !== null).length,
  };
}
