/** The verdicts on what is counted, not timed: writes without success, and stores that differ. */
import { advice, isDisturbed, judgeFault, type VerdictState } from "./noise.ts";
import type { QuorumAnalysis } from "./per-quorum.ts";
import { summed, type Verdict } from "./verdict.ts";

/** Passes only without a single refusal or unknown outcome. */
export function failures(quorums: readonly QuorumAnalysis[]): Verdict {
  const byQuorum = quorums.map((one) => ({ quorum: one.quorum, state: failuresState(one) }));
  const refused = quorums.reduce((sum, one) => sum + one.refused, 0);
  const unknown = quorums.reduce((sum, one) => sum + one.unknown, 0);
  const samples = quorums.reduce((sum, one) => sum + one.samples, 0);
  const tried = samples + refused + unknown;
  const detail =
    refused + unknown === 0
      ? `all ${tried} writes were answered with success`
      : `of ${tried} writes ${refused} were refused and ${unknown} had an unknown outcome`;
  return {
    id: "failures",
    title: "Every write succeeds",
    ...summed(byQuorum),
    detail: withAdvice(detail, byQuorum, quorums),
  };
}

/** Too slow or too busy is what an overloaded machine makes of any store; other refusals are not. */
function failuresState({ refused, unknown, late, disturbance }: QuorumAnalysis): VerdictState {
  if (refused + unknown === 0) return "passed";
  return refused + unknown > late ? "failed" : judgeFault(disturbance);
}

/**
 * Judges the comparison after convergence. What differs right after the last answer is the
 * price of a low quorum, not a fault.
 */
export function differences(quorums: readonly QuorumAnalysis[]): Verdict {
  const byQuorum = quorums.map((one) => ({ quorum: one.quorum, state: storesState(one) }));
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
    detail: withAdvice(detail, byQuorum, quorums),
  };
}

/** A follower that is only behind may have lacked time; one that holds something else may not. */
function storesState({ settled, disturbance }: QuorumAnalysis): VerdictState {
  if (settled === null) return "inconclusive";
  if (settled.followers.length === 0) return "passed";
  return settled.diverged + settled.extra > 0 ? "failed" : judgeFault(disturbance);
}

/** A fault is excused only by a busy machine, so only that is worth naming. */
function withAdvice(
  detail: string,
  byQuorum: Verdict["byQuorum"],
  quorums: readonly QuorumAnalysis[],
): string {
  const open = quorums.filter((_, index) => byQuorum[index]?.state === "inconclusive");
  const excused = open.filter(({ disturbance }) => isDisturbed(disturbance));
  return excused.length === 0 ? detail : `${detail}; ${advice(excused)}`;
}
