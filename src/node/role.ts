/** What a node asks of the role that it plays. */

import type { Failed } from "../errors.ts";
import type { LinkNumber } from "../replication/follower/follower-effects.ts";
import type {
  Entry,
  Epoch,
  Instant,
  LeaderMessage,
  NodeId,
  Sequence,
} from "../replication/types.ts";
import type { LogEnd } from "./ahead-watches.ts";
import type { KvNode, NextLeader, WriteAnswer, WriteRequest } from "./api.ts";
import type { StreamEvents } from "./incoming-streams.ts";
import type { StoreSummary } from "./ports.ts";

/** What the node's parts tell and ask the role that the node plays. */
export interface RoleHooks extends StreamEvents {
  /** The store shows these entries, flushed. Watches are told afterwards. */
  applied(store: StoreSummary, entries: readonly Entry[]): void;
  /** Storage refuses to flush, for this reason, or flushes again (undefined). */
  storageFault(reason: string | undefined): void;
  /** One flush has ended and the next has not begun: what is added now belongs to the next. */
  betweenFlushes(): void;
  /** The lowest sequence that the role will read from the log soon. */
  neededFrom(): Sequence;
  /** How far the leader's log reaches, if the role knows. */
  logEnd(): LogEnd | undefined;
  /** For operators: what a fault of the storage means in this role. */
  readonly faultConsequence: string;
}

/** The calls of the edges, for as long as the node plays this role. */
type RoleCalls = Omit<
  KvNode,
  "id" | "write" | "whenLeader" | "handOver" | "subscribe" | "retire" | "close"
>;

export interface NodeRole extends RoleCalls {
  readonly hooks: RoleHooks;
  /** Begins; called once, after the node's parts know the role. */
  start(): void;
  /** Answers exactly once. */
  submit(request: WriteRequest, answer: WriteAnswer): void;
  /**
   * Ends at once: calls that wait are answered, nothing is sent any more. Flushes go on. `next`: who may
   * lead next.
   */
  leave(next: NodeId | undefined): void;
  /** Whom a leader that ends would hand over to, none of these; undefined: nobody. */
  successor(but: ReadonlySet<NodeId>): NodeId | undefined;
  /**
   * Hands leadership over. If that succeeds, the role is left; else `failed` is called. `untilAt`: the node ends
   * then.
   */
  handOver(to: NodeId, failed: (failure: Failed) => void, untilAt?: Instant): void;
  /** Ends in order, and the node with it: calls in flight are finished, and everything is flushed. */
  close(closed: () => void): void;
}

/** How a node begins to lead. With FAILOVER=0 nothing of it counts. */
export interface LeadingTurn {
  /** Its epoch is above this one. */
  readonly above: Epoch;
  /** See ElectionTurn. */
  readonly admitted?: ReadonlyMap<NodeId, string>;
}

/** Why a role ends. */
export type Leaving =
  /** This node stands for leader. */
  | ({ readonly type: "stand" } & LeadingTurn)
  /** Another node leads or may lead, if one is known; its message, if that is how. */
  | {
      readonly type: "follow";
      readonly next?: NextLeader | undefined;
      readonly message?: WaitingMessage | undefined;
    };

/** A message on a stream that another node has opened. The next role takes it. */
export interface WaitingMessage {
  readonly number: LinkNumber;
  readonly message: LeaderMessage;
}

/** Called by a role that must end; the node then plays another one. */
export type Leave = (why: Leaving) => void;
