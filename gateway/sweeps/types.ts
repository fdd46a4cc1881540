/** A sweep as clients see it. Times are milliseconds since 1970; durations are milliseconds. */
import type {
  Sweep,
  SweepEvent,
  SweepOptions,
  SweepProgress,
  SweepResult,
} from "../openapi/shapes/sweeps.ts";

export type { Sweep, SweepEvent, SweepOptions, SweepProgress, SweepResult };

/** Options that were checked, with their defaults. */
export type SweepRequest = SweepOptions & { readonly seed: number };

/** What every page is told of sweeps, so that nobody wonders about the delays that one has set. */
export type { SweepNews } from "../openapi/shapes/events.ts";
