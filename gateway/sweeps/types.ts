/** A sweep as clients see it. Times are milliseconds since 1970; durations are milliseconds. */
export interface SweepOptions {
  readonly quorums: readonly number[];
  readonly clients: number;
  readonly writes: number;
  readonly rounds: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  /** Of the random order in which quorums are measured; absent: 1. */
  readonly seed?: number | undefined;
}

/** Options that were checked, with their defaults. */
export type SweepRequest = SweepOptions & { readonly seed: number };

type SweepState = "running" | "done" | "failed" | "cancelled";

export interface SweepProgress {
  readonly quorum: number;
  readonly writesDone: number;
  readonly writesTotal: number;
  readonly meanMs: number | null;
  readonly theoryMs: number | null;
  readonly secondsLeft: number | null;
}

export interface SweepResult {
  readonly quorum: number;
  readonly samples: number;
  readonly meanMs: number;
  readonly meanLowMs: number | null;
  readonly meanHighMs: number | null;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly theoryMs: number;
  readonly overheadMs: number;
  readonly errors: number;
  readonly verdict: string;
}

export interface Sweep {
  readonly id: string;
  readonly state: SweepState;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly options: SweepOptions;
  readonly progress: SweepProgress;
  /** One for each quorum that is finished. */
  readonly results: readonly SweepResult[];
  readonly headline: string | null;
  /** Why it failed, or which verdict did; null when all is well. */
  readonly error: string | null;
}

/** What a follower of a running sweep hears. `done` carries the whole sweep and is the last. */
export type SweepEvent =
  | { readonly name: "progress"; readonly data: SweepProgress }
  | { readonly name: "sample"; readonly data: { quorum: number; latencyMs: number } }
  | { readonly name: "quorum"; readonly data: SweepResult }
  | { readonly name: "done"; readonly data: Sweep };

/** What every page is told of sweeps, so that nobody wonders about the delays that one has set. */
export interface SweepNews {
  /** Wall clock, milliseconds since 1970. */
  readonly at: number;
  /** The sweep that runs; null while none does. */
  readonly running: Pick<Sweep, "id" | "options" | "progress"> | null;
}
