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
  let delays: readonly DelayRange[] = [];
  let passesBegun = 0;
  let share = 0;
  let loadMs = 0;
  let startedAt = performance.now();
  const overheadsMs: number[] = [];
  const loadOf = ({ quorum }: PlannedPass): number => {
    if (quorum > delays.length) return 0;
    const perWrite = predictSettle({ followers: delays, quorum }).meanMs + 2;
    return perWrite * options.writes;
  };
  return {
    starting: () => {
      passesBegun += 1;
      startedAt = performance.now();
      share = 0;
    },
    loading: (pass, cluster) => {
      delays = cluster.followers.map(({ delay }) => delay);
      loadMs = loadOf(pass);
    },
    done: () => {
      overheadsMs.push(Math.max(0, performance.now() - startedAt - loadMs));
    },
    seconds: (writesDone) => {
      share = writesDone / (options.clients * options.writes);
      const aroundMs = overheadsMs.length === 0 ? firstGuessMs : mean(overheadsMs);
      const rest = planned.slice(passesBegun);
      const restMs = rest.reduce((sum, pass) => sum + loadOf(pass) + aroundMs, 0);
      return Math.round((loadMs * (1 - share) + restMs) / 1000);
    },
  };
};
