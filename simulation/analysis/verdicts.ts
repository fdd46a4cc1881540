/** Does the store keep what theory and the design promise? Each verdict states its own rule. */
import { differenceInterval, type Estimate, type Interval } from "../statistics/index.ts";
import { differences, failures } from "./counted.ts";
import { advice, helpedMs, judge, raisedMs, trusted, type VerdictState, worst } from "./noise.ts";
import type { QuorumAnalysis } from "./per-quorum.ts";
import { summed, type Verdict } from "./verdict.ts";

/** How far measured means may be from the trace-driven prediction: the larger of the two. */
const predictionToleranceMs = 5;
/** Of the delay that elapsed; counts where it is above `predictionToleranceMs`. */
const predictionToleranceShare = 0.05;
/** The store's own cost of a write on average that the design promises not to exceed. */
export const overheadLimitMs = 5;
/** How much more a write may cost the store at one quorum than at another. */
const evenLimitMs = 1;
/** With more writes a second they wait for the processor, and the longer the fewer acks they wait for. */
const evenWritesPerSecondMax = 400;

/** A promise that this run cannot test at all is left out. */
export const verdictsOf = (quorums: readonly QuorumAnalysis[]): readonly Verdict[] => [
  prediction(quorums),
  overhead(quorums),
  ...even(quorums),
  rising(quorums),
  failures(quorums),
  differences(quorums),
];

function prediction(quorums: readonly QuorumAnalysis[]): Verdict {
  // Latency less the elapsed delay is the own cost, so its interval is that of the gap.
  const byQuorum = quorums.map((one) => {
    const { quorum, tracedMs = 0, disturbance } = one;
    const interval = trusted(one.overheadInterval, one);
    const tolerance = Math.max(predictionToleranceMs, predictionToleranceShare * tracedMs);
    return {
      quorum,
      state: worst([
        judge({
          interval: shifted(interval, -tolerance),
          raisedMs: raisedMs(disturbance),
          loweredMs: 0,
        }),
        // Nothing that a machine does answers a write before its acks are there.
        judge({
          interval: shifted(negated(interval), -tolerance),
          raisedMs: 0,
          loweredMs: 0,
        }),
      ]),
    };
  });
  const gaps = quorums.flatMap(({ overhead: cost }) => (cost ? Math.abs(cost.meanMs) : []));
  return {
    id: "prediction",
    title: "Measured means agree with the delays that really elapsed, within 5 ms or 5 %",
    ...summed(byQuorum),
    detail: found(`largest gap ${Math.max(0, ...gaps).toFixed(1)} ms`, byQuorum, quorums),
  };
}

function overhead(quorums: readonly QuorumAnalysis[]): Verdict {
  const byQuorum = quorums.map((one) => ({
    quorum: one.quorum,
    state: judge({
      interval: shifted(trusted(one.overheadInterval, one), -overheadLimitMs),
      raisedMs: raisedMs(one.disturbance),
      loweredMs: 0,
    }),
  }));
  return {
    id: "overhead",
    title: `The store's own cost is at most ${overheadLimitMs} ms on average, at every quorum`,
    ...summed(byQuorum),
    detail: found(costRange(quorums), byQuorum, quorums),
  };
}

/** Each quorum is set beside the one with the lowest own cost. */
function even(quorums: readonly QuorumAnalysis[]): readonly Verdict[] {
  const costs = quorums
    .filter(({ writesPerSecond }) => writesPerSecond <= evenWritesPerSecondMax)
    .flatMap((one) => {
      const cost = estimateOf(one.overhead?.meanMs, trusted(one.overheadInterval, one));
      return cost === undefined ? [] : [{ one, cost }];
    })
    .toSorted((a, b) => a.cost.meanMs - b.cost.meanMs);
  const [lowest, ...others] = costs;
  if (lowest === undefined || others.length === 0) return [];
  const byQuorum = others.map(({ one, cost }) => ({
    quorum: one.quorum,
    state: judge({
      interval: shifted(differenceInterval(cost, lowest.cost), -evenLimitMs),
      raisedMs: raisedMs(one.disturbance),
      loweredMs: helpedMs(lowest.one.disturbance),
    }),
  }));
  const apart = Math.max(...others.map(({ cost }) => cost.meanMs)) - lowest.cost.meanMs;
  const compared = costs.map(({ one }) => one);
  return [
    {
      id: "even",
      title: `The store's own cost differs by at most ${evenLimitMs} ms between quorums`,
      ...summed(byQuorum),
      detail: found(`means ${apart.toFixed(1)} ms apart`, byQuorum, compared),
    },
  ];
}

function rising(quorums: readonly QuorumAnalysis[]): Verdict {
  const measured = quorums
    .filter(({ latency }) => latency !== undefined)
    .toSorted((a, b) => a.quorum - b.quorum);
  const byQuorum = measured.map((one, index) => ({
    quorum: one.quorum,
    state: riseState(measured[index - 1], one),
  }));
  const means = measured.map(({ latency }) => `${latency?.meanMs.toFixed(0)}`).join(", ");
  return {
    id: "rising",
    title: "Mean latency rises with the quorum",
    ...summed(byQuorum),
    state: measured.length < 2 ? "inconclusive" : worst(byQuorum.map(({ state }) => state)),
    detail:
      measured.length < 2
        ? "it takes two quorums to see a rise"
        : found(`${means} ms`, byQuorum, quorums),
  };
}

/** Does the mean rise from one quorum to the other? Also the headline's question. */
export function riseState(before: QuorumAnalysis | undefined, after: QuorumAnalysis): VerdictState {
  if (before === undefined) return "passed";
  const lower = estimateOf(before.latency?.meanMs, trusted(before.meanInterval, before));
  const higher = estimateOf(after.latency?.meanMs, trusted(after.meanInterval, after));
  if (lower === undefined || higher === undefined) return "inconclusive";
  const state = judge({
    interval: differenceInterval(lower, higher),
    raisedMs: raisedMs(before.disturbance),
    loweredMs: helpedMs(after.disturbance),
  });
  // Equal predictions (no delays, or one follower far behind) promise no rise at all.
  const promised = after.theory.meanMs - before.theory.meanMs;
  return state === "failed" && promised < 1 ? "inconclusive" : state;
}

const estimateOf = (
  meanMs: number | undefined,
  interval: Interval | undefined,
): Estimate | undefined =>
  meanMs === undefined || interval === undefined ? undefined : { meanMs, ...interval };

const shifted = (interval: Interval | undefined, byMs: number): Interval | undefined =>
  interval && { lowMs: interval.lowMs + byMs, highMs: interval.highMs + byMs };

const negated = (interval: Interval | undefined): Interval | undefined =>
  interval && { lowMs: -interval.highMs, highMs: -interval.lowMs };

function costRange(quorums: readonly QuorumAnalysis[]): string {
  const means = quorums.flatMap((one) => one.overhead?.meanMs ?? []);
  return means.length === 0
    ? "nothing was measured"
    : `${Math.min(...means).toFixed(1)} to ${Math.max(...means).toFixed(1)} ms`;
}

/** What was found; where something is open, at which quorums and what to do. */
function found(
  what: string,
  byQuorum: Verdict["byQuorum"],
  quorums: readonly QuorumAnalysis[],
): string {
  const open = byQuorum.filter(({ state }) => state === "inconclusive");
  if (open.length === 0) return what;
  if (quorums.some(({ latency }) => latency === undefined)) {
    return `${what}; not every quorum was measured`;
  }
  const all = open.length === byQuorum.length;
  const where = all ? "" : ` at quorum ${open.map(({ quorum }) => quorum).join(", ")}`;
  return `${what}; inconclusive${where}, since ${advice(quorums)}`;
}
