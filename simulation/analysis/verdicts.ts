/** Does the store keep what theory and the design promise? Each verdict states its own rule. */
import type { QuorumAnalysis } from "./per-quorum.ts";

export type VerdictState = "passed" | "failed" | "inconclusive";

export interface Verdict {
  readonly id: "prediction" | "overhead" | "rising" | "failures" | "differences";
  /** The promise, in a sentence. */
  readonly title: string;
  readonly state: VerdictState;
  /** What was found. */
  readonly detail: string;
  readonly byQuorum: readonly { readonly quorum: number; readonly state: VerdictState }[];
}

/** How far measured means may be from the trace-driven prediction: the larger of the two. */
export const predictionToleranceMs = 5;
export const predictionToleranceShare = 0.05;
export const overheadLimitMs = 5;
/**
 * A load generator whose timers are later than this once in a hundred times shares its lateness with
 * what it measures.
 */
export const noiseLimitMs = 5;

export const verdictsOf = (quorums: readonly QuorumAnalysis[]): readonly Verdict[] => [
  prediction(quorums),
  overhead(quorums),
  rising(quorums),
  failures(quorums),
  differences(quorums),
];

/** Of several states the one that a summary must show. */
export const worst = (states: readonly VerdictState[]): VerdictState => {
  if (states.includes("failed")) return "failed";
  return states.includes("inconclusive") ? "inconclusive" : "passed";
};

/** On a noisy machine a bad time says nothing about the store, and a good one still does. */
const timed = (kept: boolean, { noiseMs, machineBusy, latency }: QuorumAnalysis): VerdictState => {
  if (latency === undefined) return "inconclusive";
  if (kept) return "passed";
  return noiseMs > noiseLimitMs || machineBusy ? "inconclusive" : "failed";
};

const prediction = (quorums: readonly QuorumAnalysis[]): Verdict => {
  const gaps = quorums.map(({ latency, tracedMs }) => {
    const measured = latency?.meanMs ?? 0;
    const traced = tracedMs ?? 0;
    const tolerance = Math.max(predictionToleranceMs, predictionToleranceShare * traced);
    return { gap: Math.abs(measured - traced), kept: Math.abs(measured - traced) <= tolerance };
  });
  const byQuorum = quorums.map((one, index) => ({
    quorum: one.quorum,
    state: timed(gaps[index]?.kept ?? false, one),
  }));
  const largest = Math.max(0, ...gaps.map(({ gap }) => gap));
  return {
    id: "prediction",
    title: "Measured means agree with the delays that really elapsed, within 5 ms or 5 %",
    ...summed(byQuorum),
    detail: `largest gap ${largest.toFixed(1)} ms${noiseNote(quorums, byQuorum)}`,
  };
};

const overhead = (quorums: readonly QuorumAnalysis[]): Verdict => {
  const byQuorum = quorums.map((one) => ({
    quorum: one.quorum,
    state: timed((one.overhead?.meanMs ?? 0) <= overheadLimitMs, one),
  }));
  const means = quorums.flatMap((one) => one.overhead?.meanMs ?? []);
  const range =
    means.length === 0
      ? "nothing was measured"
      : `${Math.min(...means).toFixed(1)} to ${Math.max(...means).toFixed(1)} ms`;
  return {
    id: "overhead",
    title: `The store's own cost is at most ${overheadLimitMs} ms in the mean, at every quorum`,
    ...summed(byQuorum),
    detail: `${range}${noiseNote(quorums, byQuorum)}`,
  };
};

const rising = (quorums: readonly QuorumAnalysis[]): Verdict => {
  const measured = quorums
    .filter(({ latency }) => latency !== undefined)
    .toSorted((a, b) => a.quorum - b.quorum);
  const byQuorum = measured.map((one, index) => ({
    quorum: one.quorum,
    state: stepState(measured[index - 1], one),
  }));
  const means = measured.map(({ latency }) => `${latency?.meanMs.toFixed(0)}`).join(" < ");
  const broken = byQuorum.filter(({ state }) => state !== "passed").map(({ quorum }) => quorum);
  return {
    id: "rising",
    title: "Mean latency rises with the quorum",
    ...summed(byQuorum),
    state: measured.length < 2 ? "inconclusive" : worst(byQuorum.map(({ state }) => state)),
    detail: stepDetail({ count: measured.length, broken, means }),
  };
};

/** A step down that lies within both intervals is chance, not evidence. */
const stepState = (before: QuorumAnalysis | undefined, after: QuorumAnalysis): VerdictState => {
  if (before?.latency === undefined || after.latency === undefined) return "passed";
  if (after.latency.meanMs > before.latency.meanMs) return "passed";
  // Equal predictions (no delays, or one follower far behind) promise no rise at all.
  const promised = after.theory.meanMs - before.theory.meanMs;
  const overlap =
    (before.meanInterval?.lowMs ?? 0) <= (after.meanInterval?.highMs ?? Number.POSITIVE_INFINITY);
  return overlap || promised < 1 ? "inconclusive" : "failed";
};

const stepDetail = (found: { count: number; broken: readonly number[]; means: string }): string => {
  if (found.count < 2) return "it takes two quorums to see a rise";
  if (found.broken.length === 0) return `${found.means} ms`;
  return `no clear rise towards quorum ${found.broken.join(", ")}`;
};

const failures = (quorums: readonly QuorumAnalysis[]): Verdict => {
  const byQuorum = quorums.map(({ quorum, refused, unknown }) => ({
    quorum,
    state: refused + unknown === 0 ? ("passed" as const) : ("failed" as const),
  }));
  const refused = quorums.reduce((sum, one) => sum + one.refused, 0);
  const unknown = quorums.reduce((sum, one) => sum + one.unknown, 0);
  const samples = quorums.reduce((sum, one) => sum + one.samples, 0);
  const tried = samples + refused + unknown;
  const detail =
    refused + unknown === 0
      ? `all ${tried} writes were answered with success`
      : `of ${tried} writes ${refused} were refused and ${unknown} had an unknown outcome`;
  return { id: "failures", title: "Every write succeeds", ...summed(byQuorum), detail };
};

const differences = (quorums: readonly QuorumAnalysis[]): Verdict => {
  const byQuorum = quorums.map(({ quorum, settled }) => ({ quorum, state: storesState(settled) }));
  const differing = quorums.filter(({ settled }) => (settled?.followers.length ?? 0) > 0);
  const detail =
    differing.length === 0
      ? "every follower's store equals the leader's"
      : differing
          .map(({ quorum, settled }) => `quorum ${quorum}: ${settled?.followers.join(", ")}`)
          .join("; ");
  return {
    id: "differences",
    title: "After settling, no store differs from the leader's",
    ...summed(byQuorum),
    detail,
  };
};

const storesState = (settled: QuorumAnalysis["settled"]): VerdictState => {
  if (settled === null) return "inconclusive";
  return settled.followers.length === 0 ? "passed" : "failed";
};

const summed = (byQuorum: Verdict["byQuorum"]): Pick<Verdict, "state" | "byQuorum"> => ({
  state: byQuorum.length === 0 ? "inconclusive" : worst(byQuorum.map(({ state }) => state)),
  byQuorum,
});

const noiseNote = (quorums: readonly QuorumAnalysis[], byQuorum: Verdict["byQuorum"]): string => {
  if (!byQuorum.some(({ state }) => state === "inconclusive")) return "";
  const noise = Math.max(0, ...quorums.map(({ noiseMs }) => noiseMs));
  if (noise > noiseLimitMs) {
    return `; the machine was noisy (timers up to ${noise.toFixed(1)} ms late at p99)`;
  }
  return quorums.some(({ machineBusy }) => machineBusy)
    ? "; other programs kept the machine busy"
    : "; not every quorum was measured";
};
