/** What a node offers to its edges: the REST gateway, the gRPC service, the event streams. */
import type { Result } from "../errors.ts";
import type { Survival } from "../replication/election/survival.ts";
import type { ClusterId, Digest, Epoch, NodeId, Sequence } from "../replication/types.ts";
import type { Cancel, DelayRange } from "./ports.ts";
import type { WatchHandle, WatchQuery } from "./watch-query.ts";

/** A candidate has begun phase 1 and does not lead yet. */
export type Role = "leader" | "candidate" | "follower";

/** A key as clients see it. The value stays JSON text until an edge needs more. */
export interface KeyValue {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly version: Sequence;
}

/**
 * How new an answer must be. Linearizable: it shows every write that was answered before the call began, and every
 * write that an earlier linearizable read has shown. Local: what this node has, which may be old.
 */
export const consistencies = ["linearizable", "local"] as const;
export type Consistency = (typeof consistencies)[number];

export interface ReadQuery {
  readonly key: string;
  /** Wait until this node has applied this far, for at most TIMEOUT ms. */
  readonly minVersion?: Sequence | undefined;
  /** Absent: linearizable on the leader, local elsewhere. */
  readonly consistency?: Consistency | undefined;
}

/** 1..128 keys as of one moment. */
export interface ReadManyQuery extends Omit<ReadQuery, "key"> {
  readonly keys: readonly string[];
}

/** What all entries up to `sequence`, and no others, made of the keys: in the order asked, null if absent. */
export interface KeysView {
  readonly entries: readonly (KeyValue | null)[];
  readonly sequence: Sequence;
}

export interface ListQuery {
  readonly prefix: string;
  /** 1..1000. */
  readonly limit: number;
  readonly after?: string | undefined;
  /** As in ReadQuery. */
  readonly consistency?: Consistency | undefined;
}

export interface KeyPage {
  readonly entries: readonly KeyValue[];
  readonly next: string | null;
  readonly sequence: Sequence;
}

/** One operation of a write, already checked for size and form by the edge. */
export interface WriteOperation {
  readonly key: string;
  /** JSON text; undefined deletes. */
  readonly value?: string | undefined;
  /** Only if the key's newest proposed version is this one; 0: only if the key is absent. */
  readonly ifVersion?: Sequence | undefined;
  /** A check: it has `ifVersion` and writes nothing. The whole request is carried out only if it holds. */
  readonly isCheck?: boolean | undefined;
}

export interface WriteRequest {
  /** 1..128 operations, at least one of which writes; they form one atomic entry. */
  readonly operations: readonly WriteOperation[];
  readonly isBatch?: boolean | undefined;
  /** Follower acks to wait for; absent: the write quorum in force. */
  readonly quorum?: number | undefined;
  /** Absent: TIMEOUT. */
  readonly timeoutMs?: number | undefined;
  readonly trace?: boolean | undefined;
  /** Sent again with the same key, the write takes effect once. `request` is a hash of what it asks for. */
  readonly idempotency?: { readonly key: string; readonly request: string } | undefined;
}

export interface AckTrace {
  readonly node: NodeId;
  /** Milliseconds from the proposal to this ack's arrival at the leader. */
  readonly ms: number;
  /** Milliseconds the entry was really held back on its way to that node. */
  readonly delayMs: number;
}

export interface WriteReceipt {
  readonly version: Sequence;
  readonly quorum: number;
  /** In the order of arrival, as many as had arrived when the entry settled. */
  readonly acks: readonly AckTrace[];
  /** Milliseconds from the proposal to the settling. */
  readonly latencyMs: number;
  /** It was sent before: `acks` are those known to hold it, and `latencyMs` is how long this call waited. */
  readonly repeated?: boolean | undefined;
}

/** The settings in force that may change while the node runs, named as in `PATCH /config`. */
export interface LiveConfig {
  readonly writeQuorum: number;
  /** Milliseconds. */
  readonly minDelay: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  /** Followers whose simulated delay differs from the general one. */
  readonly followerDelays: Readonly<Record<NodeId, DelayRange>>;
}

export interface NodeStatus {
  readonly id: NodeId;
  readonly role: Role;
  /** Empty while unknown. */
  readonly leader: NodeId;
  readonly epoch: Epoch;
  readonly last: Sequence;
  readonly committed: Sequence;
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly keys: number;
  readonly uptimeSeconds: number;
  /** Which cluster it belongs to; null: to none yet. */
  readonly cluster: ClusterId | null;
  readonly config: LiveConfig & { readonly timeout: number };
  readonly ready: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
}

/**
 * How the leader sees a member. `live` members count for the quorum; a `syncing` one receives a
 * snapshot; `unreachable` has no stream or has been silent too long. `unknown` occurs in a follower's
 * own view alone: it has no stream to the other followers.
 */
export type MemberState = "live" | "syncing" | "unreachable" | "unknown";

export interface MemberView {
  readonly id: NodeId;
  readonly role: Role;
  /** Where clients reach its gateway; empty while unknown. */
  readonly url: string;
  readonly state: MemberState;
  /**
   * Highest sequence with every entry up to it acked; for the leader its own flushed one. Null, here
   * and below: the node that made the view cannot know.
   */
  readonly acked: Sequence | null;
  readonly applied: Sequence | null;
  /** Entries. */
  readonly lag: number | null;
  /** Age in milliseconds of the oldest entry it misses; 0 when it misses none. */
  readonly lagMs: number | null;
  /** Digests at equal `applied`: equal or not; null while they cannot be compared. */
  readonly digestMatch: boolean | null;
  /** Milliseconds since the last sign of life; null: never. 0 for the leader itself. */
  readonly lastContactMs: number | null;
  /** Changes at each start of that node's process; empty while unknown. */
  readonly incarnation: string;
  /** Why its storage refuses to flush; empty while it does not. */
  readonly storageFault: string;
  /** Why it refuses to follow the leader; empty while it does not, or on a node that cannot know. */
  readonly refusal: string;
}

export interface ClusterView {
  readonly leader: NodeId;
  /** The node that made this view. */
  readonly servedBy: NodeId;
  /** False: the leader did not answer, and this is what this node knows by itself. */
  readonly fromLeader: boolean;
  readonly epoch: Epoch;
  readonly last: Sequence;
  readonly committed: Sequence;
  readonly writeQuorum: number;
  /** The change that made the live settings; null while nobody has changed them. */
  readonly settings: SettingsChange | null;
  /** Wall-clock milliseconds since when the leader leads; null in a view that it did not make. */
  readonly leaderSince: number | null;
  /** How many more nodes may fail; null with FAILOVER=0, and in a view that the leader did not make. */
  readonly survives: Survival | null;
  /** As the node that made the view knows it; null: it belongs to none yet. */
  readonly cluster: ClusterId | null;
  readonly nodes: readonly MemberView[];
}

/** Who changed the live settings last. The next leader keeps them. */
export interface SettingsChange {
  /** The leader that took the change, and its epoch then. */
  readonly changedBy: NodeId;
  readonly changedEpoch: Epoch;
  /** Wall-clock milliseconds. */
  readonly changedAt: number;
}

/** Who leads, as one node knows it. */
export interface Leadership {
  readonly role: Role;
  /** Empty while unknown. */
  readonly leader: NodeId;
  readonly epoch: Epoch;
}

/**
 * What happens on a node, for metrics, logs and `GET /events`. `at` is wall-clock milliseconds.
 * Per-write events stop above a rate that pages could show; `rate` goes on.
 */
export type NodeEvent =
  | {
      readonly type: "write";
      readonly at: number;
      readonly sequence: Sequence;
      readonly keys: readonly string[];
      readonly kind: "put" | "delete" | "batch";
      readonly quorum: number;
    }
  | ({ readonly type: "ack"; readonly at: number; readonly sequence: Sequence } & AckTrace)
  | {
      readonly type: "settled";
      readonly at: number;
      readonly sequence: Sequence;
      readonly quorum: number;
      readonly latencyMs: number;
    }
  | {
      readonly type: "unknown";
      readonly at: number;
      readonly sequence: Sequence;
      readonly quorum: number;
      readonly acks: readonly NodeId[];
    }
  | { readonly type: "cluster"; readonly at: number; readonly cluster: ClusterView }
  | { readonly type: "config"; readonly at: number; readonly config: LiveConfig }
  /** This node's role or its leader is another one now. */
  | ({ readonly type: "leader"; readonly at: number } & Leadership)
  | {
      readonly type: "member";
      readonly at: number;
      readonly id: NodeId;
      readonly state: Exclude<MemberState, "unknown">;
      /** True: a new process answers under that id. */
      readonly restarted: boolean;
    }
  | {
      readonly type: "rate";
      readonly at: number;
      /** Per second, over the last second. */
      readonly writes: number;
      readonly acks: Readonly<Record<NodeId, number>>;
      /** Milliseconds; null: no write was answered in that second. */
      readonly p50: number | null;
      readonly p95: number | null;
      readonly p99: number | null;
      /** Writes refused in that second, by error code; nothing was written. */
      readonly refused: Readonly<Record<string, number>>;
      /** Writes whose deadline passed in that second before they settled. */
      readonly unknown: number;
      /** Writes of that second whose own events were left out. */
      readonly unshown: number;
    };

/** What a client may want of a node, and send elsewhere while it is not ready for that. */
export const purposes = ["reads", "writes"] as const;
export type Purpose = (typeof purposes)[number];

/** Figures for `/metrics`, pushed as they arise. Milliseconds and counts. */
export interface NodeObserver {
  wrote(outcome: "settled" | "unknown" | "refused", latencyMs: number): void;
  settled(latencyMs: number): void;
  flushed(figures: { ms: number; entries: number }): void;
  digestMismatch(id: NodeId): void;
}

/** Figures for `/metrics`, read when asked. */
export interface NodeGauges {
  /** Calls that wait: writes and reads at a leader, reads at a follower. */
  readonly inFlight: number;
  /** Bytes of the entries that a leader has not applied yet; 0 on a follower. */
  readonly inFlightBytes: number;
  /** Entries that are not applied yet. */
  readonly unapplied: number;
}

/** How far a node is. */
export interface Position {
  readonly epoch: Epoch;
  readonly last: Sequence;
  readonly committed: Sequence;
  readonly applied: Sequence;
}

/** Called once with what became of a write. */
export type WriteAnswer = (result: Result<WriteReceipt>) => void;

export type EventListener = (event: NodeEvent) => void;

export interface Subscription {
  /** The recent events, oldest first. */
  readonly history: readonly NodeEvent[];
  readonly cancel: Cancel;
}

/** Who leads next, in which epoch. */
export interface NextLeader {
  readonly leader: NodeId;
  readonly epoch: Epoch;
}

/** One node, as its edges use it. */
export interface KvNode {
  readonly id: NodeId;
  readonly role: Role;
  /** For the `X-KV-Sequence` header. */
  readonly applied: Sequence;
  /** Empty while unknown, as the next one. */
  readonly leader: NodeId;
  /** The leader's client URL; on any node. */
  readonly leaderUrl: string;

  /**
   * Answers at once wherever it can. KEY_NOT_FOUND; RECOVERING when `minVersion` is not reached
   * in time, while a new leader does not know yet whether the key's newest write is settled, or when a
   * linearizable read is not confirmed in time; NO_LEADER for such a read while no leader is known.
   */
  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>>;
  /** The same for several keys in one view. TOO_LARGE when the values do not fit into one answer. */
  readMany(query: ReadManyQuery): Result<KeysView> | Promise<Result<KeysView>>;
  list(query: ListQuery): Result<KeyPage> | Promise<Result<KeyPage>>;
  write(request: WriteRequest): Promise<Result<WriteReceipt>>;

  status(): NodeStatus;
  /** Why this node is not ready for such calls; empty when it is. */
  notReadyFor(purpose: Purpose): readonly string[];
  /** How far this node is; cheap enough to look at all the time. */
  position(): Position;
  /** The leader's own view; on a follower what it knows by itself (the gateway asks the leader). */
  cluster(): ClusterView;
  /** Other members' gateways, for the proxy; undefined: no such member. */
  peerUrl(id: NodeId): string | undefined;
  /**
   * Changes the live settings, at once. Answers when the next leader will keep them, or OUTCOME_UNKNOWN after
   * TIMEOUT. INVALID_ARGUMENT when they do not fit; NOT_LEADER on a follower.
   */
  configure(change: Partial<LiveConfig>): Promise<Result<LiveConfig>>;

  /** The leader, at once or once one is known; undefined if none is after this time. */
  whenLeader(timeoutMs: number): Promise<NodeId | undefined>;
  /**
   * Hands leadership to that node, or back to the leader of choice. Answers once this node has stopped
   * leading. NOT_LEADER or NO_LEADER on a follower; RECOVERING when it did not take place.
   */
  handOver(to: NodeId | undefined): Promise<Result<NextLeader>>;

  /** Calls the listener with every event from now on. */
  subscribe(listener: EventListener): Subscription;
  /**
   * Applied operations in sequence order, from after a sequence on. COMPACTED when the log does
   * not reach back that far, at once or through `failed` while paused; also when it does not reach
   * that sequence yet, because the cluster lost its data. RECOVERING when no leader says in time
   * how far it reaches, and SHUTTING_DOWN when the node closes before that.
   */
  watch(query: WatchQuery): Result<WatchHandle>;
  gauges(): NodeGauges;

  /**
   * Called before the node closes, while its edges still serve: a leader hands over, and answers once it
   * follows the next leader, so that its clients are told where to go. Takes `handoverMsMax` at most.
   */
  retire(): Promise<void>;
  /** Retires, refuses new writes with SHUTTING_DOWN, answers those in flight, flushes, and ends. */
  close(): Promise<void>;
}
