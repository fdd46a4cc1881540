/** What is said about one promise, over all quorums and for each. */
import { type VerdictState, worst } from "./noise.ts";

/** The promise, whether it was kept, and what was found. */
export interface Verdict {
  readonly id: "prediction" | "overhead" | "even" | "rising" | "failures" | "differences";
  /** The promise, in a sentence. */
  readonly title: string;
  readonly state: VerdictState;
  /** What was found, and, where that is inconclusive, what to do. */
  readonly detail: string;
  readonly byQuorum: readonly { readonly quorum: number; readonly state: VerdictState }[];
}

/** A promise is kept only where it is kept at every quorum. */
export const summed = (byQuorum: Verdict["byQuorum"]): Pick<Verdict, "state" | "byQuorum"> => ({
  state: byQuorum.length === 0 ? "inconclusive" : worst(byQuorum.map(({ state }) => state)),
  byQuorum,
});
