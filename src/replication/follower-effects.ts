import type { Limits } from "./limits.ts";
import type {
  Digest,
  Entry,
  Epoch,
  FloorNote,
  FollowerMessage,
  HardState,
  History,
  Member,
  NodeId,
  Sequence,
  SnapshotEnd,
  StoreRecord,
} from "./types.ts";
import type { LogView, StoreView } from "./views.ts";

/** Numbers the streams that leaders open to this node. */
export type LinkNumber = number;

/** What the node reports back once an effect's flush is done. */
export type FollowerFlush =
  | { readonly type: "promise"; readonly link: LinkNumber; readonly epoch: Epoch }
  | {
      readonly type: "entries";
      readonly link: LinkNumber;
      readonly epoch: Epoch;
      readonly sequences: readonly Sequence[];
    }
  | {
      readonly type: "floor";
      readonly link: LinkNumber;
      readonly epoch: Epoch;
      readonly floor: FloorNote | undefined;
    }
  | {
      readonly type: "chunk";
      readonly link: LinkNumber;
      readonly epoch: Epoch;
      readonly snapshot: number;
      readonly index: number;
      readonly end: SnapshotEnd | undefined;
    }
  | { readonly type: "hardState" };

export type FollowerEffect =
  | { readonly type: "send"; readonly link: LinkNumber; readonly message: FollowerMessage }
  | { readonly type: "close"; readonly link: LinkNumber; readonly reason: string }
  /** The leader's history lacks what was applied here: its snapshot will replace the store. */
  | { readonly type: "storeReplaced"; readonly leader: NodeId; readonly applied: Sequence }
  /** A node that the settings here do not name asked to lead. */
  | { readonly type: "strangerRefused"; readonly leader: NodeId; readonly epoch: Epoch }
  | {
      readonly type: "persist";
      readonly entries: readonly Entry[];
      readonly hardState: HardState | undefined;
      readonly flush: FollowerFlush;
    }
  /** These entries may go into the store, in this order, with or after the persist before. */
  | { readonly type: "apply"; readonly entries: readonly Entry[] }
  | { readonly type: "beginStore" }
  | {
      readonly type: "addRecords";
      readonly records: readonly StoreRecord[];
      readonly flush: FollowerFlush;
    }
  | {
      readonly type: "installStore";
      readonly end: SnapshotEnd;
      readonly hardState: HardState;
      readonly flush: FollowerFlush;
    };

/** What a follower is made from: its settings, and what its disk holds. */
export interface FollowerStart {
  readonly id: NodeId;
  /** Whom its settings name as leader: nobody else may lead it. */
  readonly leader: NodeId;
  readonly hardState: HardState;
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly history: History | undefined;
  readonly member: Member;
  /** Changes at each start of the process. */
  readonly incarnation: string;
  /** Highest sequence in the log, of any epoch. */
  readonly last: () => Sequence;
  readonly log: LogView;
  readonly store: StoreView;
  readonly limits?: Limits;
}
