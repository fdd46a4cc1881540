/**
 * What nodes answer, as the page reads it. Shapes come from the node's and the gateway's own types;
 * the rest are answers that only the page reads this way, with values left as JSON text.
 */
import type * as node from "../../../src/node/api.ts";
import type { LinkFault } from "../../../src/node/ports.ts";

export type {
  Sweep,
  SweepNews,
  SweepOptions,
  SweepProgress,
  SweepResult,
} from "../../../gateway/sweeps/types.ts";
/** Values stay JSON text from the node to the screen and back: nothing is rounded or reordered. */
export { indentJson, parseEntry, parsePage } from "../../../simulation/compare/json-text.ts";
export type {
  ProcessAction,
  ProcessState,
  ProcessStates,
} from "../../../src/process-control.ts";
export type { LinkFault };

export type AckTrace = node.AckTrace;
export type LiveConfig = node.LiveConfig;
export type MemberState = node.MemberState;
export type MemberView = node.MemberView;
export type NodeEvent = node.NodeEvent;
export type NodeStatus = node.NodeStatus;

/** A node's role or its leader is another one now. */
export type LeaderEvent = NodeEvent & { type: "leader" };

export type ClusterView = node.ClusterView;

/** The greeting: the first event of every stream. */
export interface Hello {
  readonly node: string;
  readonly role: node.Role;
  /** Empty where the node knows none. */
  readonly leader: string;
  readonly epoch: number;
  readonly config: LiveConfig;
  /** Whether link faults can be set. */
  readonly faults: boolean;
  /** Whether processes of nodes can be stopped and started. */
  readonly control: boolean;
  /** Wall clock of that node when its process began to serve, ms. Tells one process from the next. */
  readonly startedAt: number;
  /** Wall clock of that node, ms. */
  readonly now: number;
}

/** What `GET /session` says of the caller. */
export interface SessionView {
  /** Null: no token was given. */
  readonly id: string | null;
  readonly role: "read" | "write" | "admin" | null;
  /** Null: every key. */
  readonly prefixes: readonly string[] | null;
  readonly administers: boolean;
  /** Whether the node asks for tokens at all. */
  readonly tokens: boolean;
  /** Reachable from other machines without TLS and tokens. */
  readonly insecure: boolean;
}

/** One key as a node shows it. */
export interface KeyEntry {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly version: number;
}

/** A page of keys in key order. */
export interface KeyList {
  readonly entries: readonly KeyEntry[];
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: string | null;
  /** The node's applied sequence at the time of the list. */
  readonly sequence: number;
}

/** The answer to a write that asked for a `trace`. */
export interface Receipt {
  readonly key: string;
  readonly version: number;
  readonly quorum: number;
  /** The acks that settled the entry, in order of arrival. */
  readonly acks: readonly AckTrace[];
  /** From the proposal until the entry settled, on the leader. */
  readonly latencyMs: number;
}

/** The link faults in force, by follower; `endsAt` is the leader's wall clock, ms. */
export interface FaultList {
  readonly faults: Readonly<Record<string, { readonly fault: LinkFault; readonly endsAt: number }>>;
}
