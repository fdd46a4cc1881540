import type { Slot } from "./ledger.ts";
import type { Limits } from "./limits.ts";
import type {
  Digest,
  Entry,
  Epoch,
  HardState,
  History,
  LeaderMessage,
  Member,
  NodeId,
  Sequence,
  SequenceRange,
  SnapshotEnd,
  StoreRecord,
} from "./types.ts";
import type { LogView, StoreView } from "./views.ts";

/** What a leader is made from: its settings, and what its disk holds. */
export interface LeaderStart {
  readonly id: NodeId;
  readonly followers: readonly NodeId[];
  readonly writeQuorum: number;
  readonly hardState: HardState;
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly history: History | undefined;
  /** Log entries above the applied mark. */
  readonly tail: readonly Entry[];
  readonly member: Member;
  readonly log: LogView;
  readonly store: StoreView;
  /**
   * How far a recovery raises the epoch above those it hears of. Larger than
   * the number of starts nobody may have heard of, and another one in each process.
   */
  readonly leap?: number;
  readonly limits?: Limits;
}

/** What the node reports back once an effect's flush is done. */
export type LeaderFlush =
  | { readonly type: "epoch"; readonly epoch: Epoch }
  /** `floor`: number of the note that was flushed with it. */
  | { readonly type: "log"; readonly epoch: Epoch; readonly floor: number }
  | { readonly type: "entries"; readonly through: Sequence }
  /** One page of a store that a recovery copies; pages are counted within one epoch. */
  | { readonly type: "records"; readonly epoch: Epoch; readonly page: number }
  | { readonly type: "installed"; readonly end: SnapshotEnd }
  /** The note of that number is durable here. */
  | { readonly type: "floor"; readonly epoch: Epoch; readonly number: number }
  | { readonly type: "hardState" };

export type LeaderEffect =
  | { readonly type: "send"; readonly to: NodeId; readonly message: LeaderMessage }
  | {
      readonly type: "persist";
      readonly entries: readonly Entry[];
      readonly hardState: HardState | undefined;
      readonly flush: LeaderFlush;
    }
  /** This stream leads nowhere; the network opens a new one. */
  | { readonly type: "close"; readonly to: NodeId; readonly reason: string }
  | { readonly type: "beginStore" }
  | {
      readonly type: "addRecords";
      readonly records: readonly StoreRecord[];
      readonly flush: LeaderFlush;
    }
  | {
      readonly type: "installStore";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flush: LeaderFlush;
    }
  /** The overlay shows these entries now, and their writers may be answered. */
  | { readonly type: "settled"; readonly slots: readonly Slot[] }
  /** These entries may go into the store, in this order. */
  | { readonly type: "apply"; readonly entries: readonly Entry[] }
  | { readonly type: "acked"; readonly from: NodeId; readonly ranges: readonly SequenceRange[] }
  | {
      readonly type: "member";
      readonly id: NodeId;
      readonly state: "live" | "syncing" | "unreachable";
      readonly restarted: boolean;
    }
  /** A follower's store is not a prefix of this history: a snapshot will replace it. */
  | { readonly type: "storeReplaced"; readonly id: NodeId; readonly applied: Sequence }
  /** A follower refuses to be led, and deposes nobody by it. */
  | { readonly type: "refused"; readonly by: NodeId; readonly reason: string }
  /** The floor was lowered with too few followers to know it, or enough of them know it now. */
  | { readonly type: "floor"; readonly quorum: number; readonly degraded: boolean }
  | { readonly type: "digestMismatch"; readonly id: NodeId; readonly applied: Sequence }
  /** Another node leads with a higher epoch: this process must stop leading at once. */
  | { readonly type: "deposed"; readonly by: NodeId; readonly epoch: Epoch };
