/** The report's one sentence, written from the data. */
import type { Results } from "../results/schema.ts";
import type { QuorumAnalysis } from "./per-quorum.ts";
import { overheadLimitMs, type Verdict } from "./verdicts.ts";

export const headlineOf = (
  results: Results,
  quorums: readonly QuorumAnalysis[],
  verdicts: readonly Verdict[],
): string => {
  const measured = quorums.filter(({ latency }) => latency !== undefined);
  if (measured.length === 0) return `Nothing was measured${because(results.cutShort)}.`;
  const tail = [ownCost(measured), outcome(verdicts)].filter((part) => part !== "").join("; ");
  const sentence = `${cost(measured)}; ${tail}`;
  return results.cutShort === null
    ? `${sentence}.`
    : `${sentence}. Cut short: ${results.cutShort}.`;
};

const because = (cutShort: string | null) => (cutShort === null ? "" : `: ${cutShort}`);

const cost = (measured: readonly QuorumAnalysis[]): string => {
  const first = measured[0];
  const last = measured.at(-1);
  if (first?.latency === undefined || last?.latency === undefined) return "";
  if (first === last) {
    const { latency, theory, quorum } = first;
    return (
      `At quorum ${quorum} a write takes ${milliseconds(latency.meanMs)} in the mean ` +
      `(theory: ${milliseconds(theory.meanMs)})`
    );
  }
  const perAck = (last.latency.meanMs - first.latency.meanMs) / (last.quorum - first.quorum);
  return (
    `Each further ack costs about ${milliseconds(perAck)}: from ` +
    `${milliseconds(first.latency.meanMs)} at quorum ${first.quorum} to ` +
    `${milliseconds(last.latency.meanMs)} at quorum ${last.quorum}, ` +
    againstTheory(measured)
  );
};

/** Theory knows nothing of the store's own cost, and a mean of few writes scatters round it. */
const againstTheory = (measured: readonly QuorumAnalysis[]): string => {
  const asPredicted = measured.every(({ latency, theory, samples }) => {
    const apart = Math.abs((latency?.meanMs ?? 0) - theory.meanMs);
    const chance = (chanceLimit * theory.standardDeviationMs) / Math.sqrt(samples);
    return apart <= overheadLimitMs + chance;
  });
  const shares = measured.map(({ latency, theory }) =>
    theory.meanMs === 0 ? 0 : Math.abs((latency?.meanMs ?? 0) / theory.meanMs - 1),
  );
  const within = `within ${(100 * Math.max(...shares)).toFixed(1)} %`;
  return asPredicted ? `as theory predicts (${within}, which is chance)` : `${within} of theory`;
};

/** Standard errors that one of five means exceeds by chance about once in 100 runs. */
const chanceLimit = 3.1;

const ownCost = (measured: readonly QuorumAnalysis[]): string => {
  const means = measured.flatMap(({ overhead }) => overhead?.meanMs ?? []);
  return `the store itself adds at most ${Math.max(...means).toFixed(1)} ms in the mean`;
};

const outcome = (verdicts: readonly Verdict[]): string => {
  const failed = verdicts.filter(({ state }) => state === "failed");
  if (failed.length > 0) return `but ${failed.map(({ id }) => complaints[id]).join(", and ")}`;
  const settled = verdicts.find(({ id }) => id === "differences");
  return settled?.state === "passed" ? "all stores end up equal" : "";
};

const complaints: Readonly<Record<Verdict["id"], string>> = {
  prediction: "means do not agree with the delays that elapsed",
  overhead: "the store's own cost is too high",
  rising: "means do not rise with the quorum",
  failures: "not every write succeeded",
  differences: "stores still differ after settling",
};

export const milliseconds = (ms: number): string =>
  ms >= 100 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
