/** What the gateway answers; the shapes that a node shares with its edges are taken from there. */
export type {
  AckTrace,
  ClusterView,
  LiveConfig,
  MemberState,
  MemberView,
  NodeEvent,
  NodeStatus,
  Role,
} from "../../../src/node/api.ts";
export type { LinkFault } from "../../../src/node/ports.ts";

import type { AckTrace, LiveConfig, Role } from "../../../src/node/api.ts";
import type { LinkFault } from "../../../src/node/ports.ts";

/** First event of every stream. */
export interface Hello {
  readonly node: string;
  readonly role: Role;
  readonly leader: string;
  readonly epoch: number;
  readonly config: LiveConfig;
  readonly faults: boolean;
  /** Wall clock of that node, ms. */
  readonly now: number;
}

export interface KeyEntry {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly version: number;
}

export interface KeyList {
  readonly entries: readonly KeyEntry[];
  readonly next: string | null;
  readonly sequence: number;
}

/** Answer of a write with `trace`. */
export interface Receipt {
  readonly key: string;
  readonly version: number;
  readonly quorum: number;
  readonly acks: readonly AckTrace[];
  readonly latencyMs: number;
}

export interface FaultList {
  readonly faults: Readonly<Record<string, { readonly fault: LinkFault; readonly endsAt: number }>>;
}

export interface SweepOptions {
  readonly quorums: readonly number[];
  readonly clients: number;
  readonly writes: number;
  readonly rounds: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly seed?: number | undefined;
}

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
  /** Null: too few samples for an interval. */
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
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly options: SweepOptions;
  readonly progress: SweepProgress;
  readonly results: readonly SweepResult[];
  readonly headline: string | null;
  /** Why it failed, or which verdict did. */
  readonly error: string | null;
}

/** What every page is told of sweeps: the one that runs, or null when none does. */
export interface SweepNews {
  readonly at: number;
  readonly running: Pick<Sweep, "id" | "options" | "progress"> | null;
}
