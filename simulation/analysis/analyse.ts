/** From raw results to what the terminal, the page and the report say. No node: imports. */
import type { Results } from "../results/schema.ts";
import { headlineOf } from "./headline.ts";
import { type VerdictState, worst } from "./noise.ts";
import { analyseQuorum, type QuorumAnalysis } from "./per-quorum.ts";
import type { Verdict } from "./verdict.ts";
import { verdictsOf } from "./verdicts.ts";

/**
 * Everything that is said about a run. It holds no raw samples, so it can be printed as JSON.
 */
export interface Analysis {
  readonly headline: string;
  readonly quorums: readonly QuorumAnalysis[];
  readonly verdicts: readonly Verdict[];
  readonly verdict: VerdictState;
}

/** Quorums in rising order, only those that were begun. */
export function analyse(results: Results): Analysis {
  const begun = new Set(results.passes.map(({ quorum }) => quorum));
  const quorums = [...begun].sort((a, b) => a - b).map((quorum) => analyseQuorum(results, quorum));
  const verdicts = verdictsOf(quorums);
  return {
    headline: headlineOf(results, quorums, verdicts),
    quorums,
    verdicts,
    verdict: worst(verdicts.map(({ state }) => state)),
  };
}

/** The verdict on one quorum alone. */
export const verdictOnQuorum = ({ verdicts }: Analysis, quorum: number): VerdictState =>
  worst(
    verdicts.flatMap(({ byQuorum }) =>
      byQuorum.filter((one) => one.quorum === quorum).map(({ state }) => state),
    ),
  );
