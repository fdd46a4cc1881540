/** In which order the quorums are measured. */
import type { SweepOptions } from "../results/schema.ts";
import { seededRandom, shuffled } from "../statistics/index.ts";

export interface PlannedPass {
  readonly quorum: number;
  /** 1..rounds */
  readonly round: number;
}

/**
 * sequential: all rounds of one quorum, then the next. interleaved: all quorums once per round, so that a
 * slow minute of the machine falls on all of them. random: shuffled by the seed.
 */
export const planPasses = (
  options: Pick<SweepOptions, "quorums" | "rounds" | "order" | "seed">,
): readonly PlannedPass[] => {
  const { quorums, order, seed } = options;
  const rounds = Array.from({ length: options.rounds }, (_, index) => index + 1);
  if (order === "sequential") {
    return quorums.flatMap((quorum) => rounds.map((round) => ({ quorum, round })));
  }
  const interleaved = rounds.flatMap((round) => quorums.map((quorum) => ({ quorum, round })));
  return order === "random" ? shuffled(interleaved, seededRandom(seed)) : interleaved;
};
