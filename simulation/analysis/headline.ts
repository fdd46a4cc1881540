/** The report's one sentence, written from the data. It claims only what noise cannot explain. */
import type { Results } from "../results/schema.ts";
import { advice, isDisturbed, judge, raisedMs } from "./noise.ts";
import type { QuorumAnalysis } from "./per-quorum.ts";
import type { Verdict } from "./verdict.ts";
import { overheadLimitMs, riseState } from "./verdicts.ts";

/**
 * One sentence for the top of the report: what an ack costs, what the store adds, what failed,
 * and what to do about noise.
 */
export function headlineOf(
  results: Results,
  quorums: readonly QuorumAnalysis[],
  verdicts: readonly Verdict[],
): string {
  const measured = quorums.filter(({ latency }) => latency !== undefined);
  if (measured.length === 0) return `Nothing was measured${because(results.cutShort)}.`;
  const parts = [
    cost(measured),
    ownCost(measured, verdicts),
    outcome(verdicts),
    whatToDo(measured, verdicts),
  ];
  const sentence = parts.filter((part) => part !== "").join("; ");
  return results.cutShort === null
    ? `${sentence}.`
    : `${sentence}. Cut short: ${results.cutShort}.`;
}

const because = (cutShort: string | null) => (cutShort === null ? "" : `: ${cutShort}`);

function cost(measured: readonly QuorumAnalysis[]): string {
  const first = measured[0];
  const last = measured.at(-1);
  if (first?.latency === undefined || last?.latency === undefined) return "";
  if (first === last) {
    const { latency, theory, quorum } = first;
    return (
      `At quorum ${quorum} a write takes ${milliseconds(latency.meanMs)} on average ` +
      `(theory: ${milliseconds(theory.meanMs)})`
    );
  }
  const span =
    `from ${milliseconds(first.latency.meanMs)} at quorum ${first.quorum} to ` +
    `${milliseconds(last.latency.meanMs)} at quorum ${last.quorum}`;
  const perAck = (last.latency.meanMs - first.latency.meanMs) / (last.quorum - first.quorum);
  switch (riseState(first, last)) {
    case "passed":
      return `Each further ack costs about ${milliseconds(perAck)}: ${span}, ${againstTheory(measured)}`;
    case "failed":
      return `Means fall ${span}`;
    case "inconclusive":
      // Where theory promises no rise, more writes would show none either.
      return last.theory.meanMs - first.theory.meanMs < 1
        ? `Further acks cost too little to measure: ${span}`
        : `The cost of a further ack is inconclusive: ${span}, which noise can explain`;
  }
}

/** Theory knows nothing of the store's own cost, and a mean of few writes scatters round it. */
function againstTheory(measured: readonly QuorumAnalysis[]): string {
  const states = measured.map(({ latency, theory, samples, disturbance }) => {
    const apart = (latency?.meanMs ?? 0) - theory.meanMs;
    const chance = (chanceLimit * theory.standardDeviationMs) / Math.sqrt(samples);
    const beyond = Math.abs(apart) - overheadLimitMs - chance;
    return judge({
      interval: { lowMs: beyond, highMs: beyond },
      // Noise makes writes slower, never faster.
      raisedMs: apart > 0 ? raisedMs(disturbance) : 0,
      loweredMs: 0,
    });
  });
  const off = furthest(measured);
  if (states.includes("failed"))
    return `which is up to ${off} off theory, more than chance explains`;
  return states.includes("inconclusive")
    ? `up to ${off} off theory, which a busy machine explains`
    : `as theory predicts (within ${off}, which is chance)`;
}

/** Standard errors that one of five means exceeds by chance about once in 100 runs. */
const chanceLimit = 3.1;

/** A share of almost nothing says nothing, so small times are compared by their difference. */
function furthest(measured: readonly QuorumAnalysis[]): string {
  const gaps = measured.map(({ latency, theory }) => ({
    ms: Math.abs((latency?.meanMs ?? 0) - theory.meanMs),
    theoryMs: theory.meanMs,
  }));
  const share = Math.max(...gaps.map(({ ms, theoryMs }) => (theoryMs === 0 ? 1 : ms / theoryMs)));
  return share < 1
    ? `${(100 * share).toFixed(1)} %`
    : milliseconds(Math.max(...gaps.map(({ ms }) => ms)));
}

function ownCost(measured: readonly QuorumAnalysis[], verdicts: readonly Verdict[]): string {
  const means = measured.flatMap(({ overhead }) => overhead?.meanMs ?? []);
  const most = `the store itself adds at most ${Math.max(...means).toFixed(1)} ms on average`;
  const open = verdicts.some(({ id, state }) => id === "overhead" && state === "inconclusive");
  const noisy = measured.some(({ disturbance }) => isDisturbed(disturbance));
  return open && (noisy || Math.max(...means) > overheadLimitMs) ? `${most}, noise included` : most;
}

function outcome(verdicts: readonly Verdict[]): string {
  const failed = verdicts.filter(({ state }) => state === "failed");
  if (failed.length > 0) return `but ${failed.map(({ id }) => complaints[id]).join(", and ")}`;
  const settled = verdicts.find(({ id }) => id === "differences");
  return settled?.state === "passed" ? "all stores end up equal" : "";
}

const complaints: Readonly<Record<Verdict["id"], string>> = {
  prediction: "means do not agree with the delays that elapsed",
  overhead: "the store's own cost is too high",
  even: "the store's own cost depends on the quorum",
  rising: "means do not rise with the quorum",
  failures: "not every write succeeded",
  differences: "stores still differ after settling",
};

/** Chance is worth a word only where it hides the main result; a busy machine always is. */
function whatToDo(measured: readonly QuorumAnalysis[], verdicts: readonly Verdict[]): string {
  const noisy = measured.some(({ disturbance }) => isDisturbed(disturbance));
  const open = verdicts.filter(({ state }) => state === "inconclusive").map(({ id }) => id);
  const hidden = measured.length > 1 && open.includes("rising");
  return hidden || (open.length > 0 && noisy) ? advice(measured) : "";
}

/** Whole milliseconds from 100 on, tenths below. */
export const milliseconds = (ms: number): string =>
  ms >= 100 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
