/** How long the rest will take: theory for the writes, experience for everything round them. */
import { mean } from "../statistics/index.ts";
import type { PassSize, PlannedPass } from "./plan.ts";

/** Told how the run goes on: `starting`, `loading` and `done`, once each for every pass. */
export interface TimeLeft {
  starting(): void;
  loading(planned: PlannedPass, sizeOf: (quorum: number) => PassSize): void;
  done(): void;
  /** Whole seconds until the run's end, given the share of this pass's writes that are done. */
  seconds(shareDone: number): number;
}

/** A guess until the first pass has shown how long a warm-up and the convergence really take. */
const firstGuessMs = 5000;

/**
 * Theory is right to a few per cent; what lies round the load is learned from the passes
 * before.
 */
export function createTimeLeft(planned: readonly PlannedPass[]): TimeLeft {
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
    // All sums are made here, before the load: `seconds` runs between two writes.
    loading: ({ quorum }, sizeOf) => {
      const loadOf = ({ writes, writeMs }: PassSize): number => writes * writeMs;
      const aroundMs = overheadsMs.length === 0 ? firstGuessMs : mean(overheadsMs);
      const rest = planned.slice(passesBegun);
      loadMs = loadOf(sizeOf(quorum));
      restMs = rest.reduce((sum, later) => sum + loadOf(sizeOf(later.quorum)) + aroundMs, 0);
    },
    done: () => {
      overheadsMs.push(Math.max(0, performance.now() - startedAt - loadMs));
    },
    seconds: (shareDone) => Math.round((loadMs * (1 - shareDone) + restMs) / 1000),
  };
}
