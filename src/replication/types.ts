/** The words of the protocol. DESIGN.md beside this file tells the story they belong to. */

/** A node's lasting id. */
export type NodeId = string;
/** An entry's place in the log: 1, 2, 3 …; 0 means nothing yet. */
export type Sequence = number;
/** Number of a leadership, unique to the node that raised it. */
export type Epoch = number;
/** Milliseconds of a monotonic clock. */
export type Instant = number;
/** 16 hexadecimal digits: the order-independent digest of a store. */
export type Digest = string;

/**
 * 16 hexadecimal digits: an order-independent sum over the (sequence, origin) of every entry that
 * a store has applied, no-ops included. Two stores that stand at the same mark have applied the
 * same entries if their sums are equal. See history.ts.
 */
export type History = string;

/** The sum of a store that has applied nothing. */
export const EMPTY_HISTORY: History = "0000000000000000";

/** The write that an operation's proposer saw as the key's newest one; version 0: it was absent. */
export interface Condition {
  readonly version: Sequence;
  /** The epoch that first proposed that version: a version number alone may name two writes. */
  readonly origin: Epoch;
  /**
   * Of an absent key: its last deletion, or what the store showed when nothing above it wrote the key. No entry
   * between this place and the conditional one writes the key. What an earlier version wrote lacks it.
   */
  readonly after?: Sequence | undefined;
}

/** Puts or deletes one key. */
export interface Operation {
  readonly key: string;
  /** JSON text; undefined deletes. */
  readonly value?: string | undefined;
  readonly condition?: Condition | undefined;
}

/** A condition on a key that its entry does not write, or not yet: it changes nothing in a store. */
export interface Check {
  readonly key: string;
  readonly condition: Condition;
}

/** What an entry requires besides the conditions of its operations. */
export interface Requirements {
  readonly checks: readonly Check[];
}

/** An atomic list of operations at one place in the log; an empty list is a no-op. */
export interface Entry {
  readonly sequence: Sequence;
  /** The epoch that proposed it last: on one sequence the highest epoch wins. */
  readonly epoch: Epoch;
  /** The epoch that proposed it first. */
  readonly origin: Epoch;
  readonly operations: readonly Operation[];
  /** Absent: nothing. */
  readonly requires?: Requirements | undefined;
}

/** One key of a store. */
export interface StoreRecord {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  readonly version: Sequence;
  readonly origin: Epoch;
}

/** The lowest write quorum settled entries may rely on; the higher (epoch, number) wins. */
export interface FloorNote {
  readonly epoch: Epoch;
  readonly number: number;
  readonly quorum: number;
  /** The highest quorum that a recovery may go by which has not heard of this note. */
  readonly over: number;
  /** An elected leader made it (FAILOVER=1): no note of it was ever in force on fewer nodes than it asks for. */
  readonly elected?: boolean | undefined;
}

/** Both ends included. */
export interface SequenceRange {
  readonly from: Sequence;
  readonly to: Sequence;
}

/** A member's gateway, as the leader knows it. */
export interface Member {
  readonly id: NodeId;
  /** Where clients reach it. */
  readonly url: string;
  /** Where other nodes reach it. */
  readonly peerUrl: string;
}

export interface SnapshotEnd {
  readonly applied: Sequence;
  readonly digest: Digest;
  /** Undefined: not known, because an earlier version wrote the store. */
  readonly history: History | undefined;
}

/** Which cluster a node belongs to. DESIGN.md, "Which cluster". */
export interface ClusterId {
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** All nodes have held it durably at the same time: it never changes again. */
  readonly confirmed: boolean;
}

/** What the first message of a stream shows of its sender's cluster. */
export interface ClusterMark extends ClusterId {
  /** The node may have lost its disk: an id that it does not show proves nothing. */
  readonly blank: boolean;
}

/** What a node must still know after a power cut, besides its log and store. */
export interface HardState {
  /** The highest epoch promised; a lower one is refused. */
  readonly promisedEpoch: Epoch;
  /** Whom it was promised to; empty: nobody. */
  readonly promisedLeader: NodeId;
  /**
   * The epoch in which this node last led with an intact log, 0 for never. While it equals
   * promisedEpoch, nobody else has led since, and this log owns every settled entry.
   */
  readonly ledEpoch: Epoch;
  /**
   * The epoch of the recovery after which this node led without a break, as far as its followers confirmed.
   * What an earlier version wrote lacks it.
   */
  readonly intactSince?: Epoch | undefined;
  /**
   * The epoch whose leader last compared this store with its own history and accepted it. What an
   * earlier version wrote lacks it.
   */
  readonly followedEpoch?: Epoch | undefined;
  /** The store is not a prefix of the cluster's history, and not replaced yet: nobody reads it. */
  readonly foreign?: boolean | undefined;
  /** A process of this node may have lent a lease to `promisedLeader` (READ_LEASE=1). */
  readonly lends?: boolean | undefined;
  /** Started empty and was not yet brought up to a leader's last entry: proves nothing. */
  readonly blank: boolean;
  readonly floor?: FloorNote | undefined;
  /** Undefined: none yet, for example because a former version wrote this. */
  readonly cluster?: ClusterId | undefined;
  /** Highest committed mark this node knew of. */
  readonly committed: Sequence;
  /** The gateways last heard of, so that a node can name its leader's before it hears from it. */
  readonly members: readonly Member[];
}

/** The marks of a node that starts on an empty disk. */
export const BLANK_HARD_STATE: HardState = {
  promisedEpoch: 0,
  promisedLeader: "",
  ledEpoch: 0,
  blank: true,
  floor: undefined,
  committed: 0,
  members: [],
};

/** The settings that may change while a cluster runs. The next leader keeps them. */
export interface LiveSettings {
  readonly writeQuorum: number;
  /** Milliseconds, as everywhere here. */
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly followerDelays: readonly FollowerDelay[];
  /** The leader that took the change. */
  readonly changedBy: NodeId;
  /** Its epoch; 0: these are the settings that a leader started with. */
  readonly changedEpoch: Epoch;
  /** Wall clock, since 1970. */
  readonly changedAt: number;
}

interface FollowerDelay {
  readonly id: NodeId;
  readonly minDelay: number;
  readonly maxDelay: number;
}

/** From the leader to a follower. Field names are those of replication.proto. */
export type LeaderMessage =
  | {
      readonly type: "prepare";
      /** FAILOVER=1: the sender was elected, or stands for it. */
      readonly elected: boolean;
      readonly epoch: Epoch;
      readonly leader: NodeId;
      readonly to: NodeId;
      readonly members: readonly Member[];
      /** All nodes, by the settings of the sender. */
      readonly nodes: readonly NodeId[];
      /** Undefined, here and below: the sender's version knows of no ids. */
      readonly cluster?: ClusterMark | undefined;
    }
  | {
      readonly type: "lead";
      readonly epoch: Epoch;
      readonly completeAt: Sequence;
      readonly floor?: FloorNote | undefined;
      /**
       * The leader's history does not contain what this follower has applied: its store will be
       * replaced by a snapshot.
       */
      readonly replace: boolean;
      /** The follower makes it its own. */
      readonly cluster?: ClusterId | undefined;
    }
  | {
      readonly type: "append";
      readonly epoch: Epoch;
      readonly entries: readonly Entry[];
      readonly committed: Sequence;
    }
  | {
      readonly type: "heartbeat";
      readonly epoch: Epoch;
      readonly committed: Sequence;
      readonly last: Sequence;
      readonly number: number;
      readonly members: readonly Member[];
      readonly applied: Sequence;
      readonly digest: Digest;
      readonly writeQuorum: number;
      readonly settings?: LiveSettings | undefined;
      /** Undefined: FAILOVER=0. False: it cannot lead at the moment, and counts as silent. */
      readonly able?: boolean | undefined;
      readonly cluster?: ClusterId | undefined;
    }
  | {
      readonly type: "snapshotChunk";
      readonly epoch: Epoch;
      readonly snapshot: number;
      readonly index: number;
      readonly records: readonly StoreRecord[];
      readonly end?: SnapshotEnd | undefined;
    }
  | { readonly type: "fetchLog"; readonly epoch: Epoch; readonly from: Sequence }
  | { readonly type: "fetchStore"; readonly epoch: Epoch; readonly after?: string | undefined }
  | { readonly type: "floor"; readonly epoch: Epoch; readonly floor: FloorNote }
  | {
      readonly type: "poll";
      readonly candidate: NodeId;
      readonly to: NodeId;
      readonly number: number;
      readonly cluster?: ClusterMark | undefined;
    }
  | {
      readonly type: "confirm";
      readonly epoch: Epoch;
      readonly number: number;
      /** The leader asks for a lease too. */
      readonly lend: boolean;
    }
  | {
      readonly type: "stand";
      readonly epoch: Epoch;
      readonly to: NodeId;
      /** This leader counts no more on what was lent to it. */
      readonly released: boolean;
    }
  | {
      readonly type: "readMark";
      readonly epoch: Epoch;
      readonly number: number;
      readonly sequence: Sequence;
    };

/** From a follower to the leader. */
export type FollowerMessage =
  | {
      readonly type: "promise";
      readonly epoch: Epoch;
      readonly applied: Sequence;
      readonly last: Sequence;
      readonly blank: boolean;
      readonly floor?: FloorNote | undefined;
      readonly digest: Digest;
      readonly member: Member;
      readonly incarnation: string;
      /** At the applied mark; undefined: not known, because an earlier version wrote the store. */
      readonly history: History | undefined;
      /** Or the one in which it last led; 0: none. See HardState. */
      readonly followedEpoch: Epoch;
      /** Those it holds; undefined: it knows of no change, or FAILOVER=0. */
      readonly settings?: LiveSettings | undefined;
      readonly cluster?: ClusterMark | undefined;
    }
  | {
      readonly type: "refusal";
      readonly promisedEpoch: Epoch;
      readonly promisedLeader: NodeId;
      readonly reason: string;
      readonly cluster?: ClusterMark | undefined;
    }
  | {
      readonly type: "acks";
      readonly epoch: Epoch;
      readonly ranges: readonly SequenceRange[];
      readonly applied: Sequence;
      readonly digest: Digest;
    }
  | {
      readonly type: "heartbeatReply";
      readonly epoch: Epoch;
      readonly number: number;
      readonly applied: Sequence;
      readonly digest: Digest;
      readonly storageFault: string;
    }
  | {
      readonly type: "snapshotReceipt";
      readonly epoch: Epoch;
      readonly snapshot: number;
      readonly index: number;
      readonly installed: boolean;
    }
  | {
      readonly type: "logPage";
      readonly epoch: Epoch;
      readonly from: Sequence;
      readonly entries: readonly Entry[];
      readonly next: Sequence;
    }
  | {
      readonly type: "storePage";
      readonly epoch: Epoch;
      readonly records: readonly StoreRecord[];
      readonly end?: SnapshotEnd | undefined;
    }
  | {
      readonly type: "floorReceipt";
      readonly epoch: Epoch;
      readonly floor: FloorNote | undefined;
      /** The id that is durable there. */
      readonly cluster?: ClusterId | undefined;
    }
  | {
      readonly type: "vote";
      readonly number: number;
      readonly agrees: boolean;
      readonly reason: string;
      /** It hears a leader that says it cannot lead, or is that leader: only a majority replaces it. */
      readonly hearsUnable: boolean;
      readonly promisedEpoch: Epoch;
      readonly applied: Sequence;
      readonly first: Sequence;
      readonly last: Sequence;
      readonly blank: boolean;
      readonly floor?: FloorNote | undefined;
      readonly cluster?: ClusterMark | undefined;
    }
  | {
      readonly type: "confirmed";
      readonly epoch: Epoch;
      readonly number: number;
      /** It lends a lease from now on. */
      readonly lends: boolean;
    }
  | { readonly type: "wantMark"; readonly epoch: Epoch; readonly number: number };
