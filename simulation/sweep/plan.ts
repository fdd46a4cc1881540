/** In which order the quorums are measured, and how many writes a pass makes. */
import type { SweepOptions } from "../results/schema.ts";
import { bootstrapSamplesMax, seededRandom, shuffled } from "../statistics/index.ts";
import { type DelayRange, predictSettle } from "../theory/index.ts";

/** Which quorum, for the how-many-th time. */
export interface PlannedPass {
  readonly quorum: number;
  /** 1..rounds */
  readonly round: number;
}

/**
 * sequential: all rounds of one quorum, then the next. interleaved: all quorums once per round, so that a
 * slow minute of the machine falls on all of them. random: shuffled by the seed.
 */
export function planPasses(
  options: Pick<SweepOptions, "quorums" | "rounds" | "order" | "seed">,
): readonly PlannedPass[] {
  const { quorums, order, seed } = options;
  const rounds = Array.from({ length: options.rounds }, (_, index) => index + 1);
  if (order === "sequential") {
    return quorums.flatMap((quorum) => rounds.map((round) => ({ quorum, round })));
  }
  const interleaved = rounds.flatMap((round) => quorums.map((quorum) => ({ quorum, round })));
  return order === "random" ? shuffled(interleaved, seededRandom(seed)) : interleaved;
}

/** How much one pass writes, and how long one write should take. */
export interface PassSize {
  /** What theory expects of one write, with something for the store. */
  readonly writeMs: number;
  /** Of each client. */
  readonly writes: number;
}

/** HTTP and flushes, on top of the delays: rather too little, so that a pass is rather too long. */
const ownCostMs = 2;

/** How much is written at each quorum, once the delays are known. */
export function passSizes(
  options: Pick<SweepOptions, "quorums" | "clients" | "writes" | "minDurationMs">,
  followers: readonly DelayRange[],
): (quorum: number) => PassSize {
  const sizes = new Map(
    options.quorums.map((quorum) => {
      // What the cluster cannot serve ends the run when its turn comes.
      const served = quorum <= followers.length;
      const writeMs = served ? predictSettle({ followers, quorum }).meanMs + ownCostMs : 0;
      return [quorum, { writeMs, writes: writesOfPass(options, writeMs) }] as const;
    }),
  );
  return (quorum) => sizes.get(quorum) ?? { writeMs: 0, writes: options.writes };
}

/**
 * As many as were asked for, and more where those would take less than the shortest duration. Decided
 * before the load: a load that the clock cuts off would lose the slowest of its last writes, and with
 * them a part of the mean.
 */
function writesOfPass(
  options: Pick<SweepOptions, "clients" | "writes" | "minDurationMs">,
  writeMs: number,
): number {
  const { clients, writes, minDurationMs } = options;
  if (writeMs <= 0) return writes;
  const longEnough = Math.ceil(minDurationMs / writeMs);
  return Math.max(writes, Math.min(longEnough, Math.floor(bootstrapSamplesMax / clients)));
}
