/** How long the rest will take: theory for the writes, experience for everything round them. */
import type { Cluster } from "../launch/cluster.ts";
import type { SweepOptions } from "../results/schema.ts";
import { mean } from "../statistics/index.ts";
import { type DelayRange, predictSettle } from "../theory/index.ts";
import type { PlannedPass } from "./plan.ts";

export interface TimeLeft {
  starting(): void;
  loading(planned: PlannedPass, cluster: Cluster): void;
  done(): void;
  /** Whole seconds until the run's end, given the writes of this pass that are done. */
  seconds(writesDone: number): number;
}

/** A guess until the first pass has shown how long a start and the convergence really take. */
const firstGuessMs = 3000;

export const createTimeLeft = (
  planned: readonly PlannedPass[],
  options: SweepOptions,
): TimeLeft => {
  let passesBegun = 0;
  let loadMs = 0;
  let restMs = 0;
  let startedAt = performance.now();
  const overheadsMs: number[] = [];
  return {
    starting: () => {
      passesBegun += 1;
      startedAt = performance.now();
    },
    // All predictions are made here, before the load: `seconds` runs between two writes.
    loading: (pass, { followers }) => {
      const delays = followers.map(({ delay }) => delay);
      const known = new Map<number, number>();
      const loadOf = ({ quorum }: PlannedPass): number => {
        const ms = known.get(quorum) ?? predictedLoadMs(delays, quorum, options);
        known.set(quorum, ms);
        return ms;
      };
      const aroundMs = overheadsMs.length === 0 ? firstGuessMs : mean(overheadsMs);
      const rest = planned.slice(passesBegun);
      loadMs = loadOf(pass);
      restMs = rest.reduce((sum, later) => sum + loadOf(later) + aroundMs, 0);
    },
    done: () => {
      overheadsMs.push(Math.max(0, performance.now() - startedAt - loadMs));
    },
    seconds: (writesDone) => {
      const share = writesDone / (options.clients * options.writes);
      return Math.round((loadMs * (1 - share) + restMs) / 1000);
    },
  };
};

/** HTTP and flushes, on top of the delays. */
const ownCostMs = 2;

const predictedLoadMs = (
  followers: readonly DelayRange[],
  quorum: number,
  { writes }: SweepOptions,
): number =>
  quorum > followers.length
    ? 0
    : (predictSettle({ followers, quorum }).meanMs + ownCostMs) * writes;
