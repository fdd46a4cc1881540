import { type Effects, EffectsDraft } from "../effects.ts";
import type {
  ClusterId,
  Epoch,
  FloorNote,
  FollowerMessage,
  NodeId,
  Sequence,
  SnapshotEnd,
} from "../types.ts";

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
      readonly cluster: ClusterId | undefined;
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

export type FollowerNews =
  /** The leader's history lacks what was applied here: its snapshot will replace the store. */
  | { readonly type: "storeReplaced"; readonly leader: NodeId; readonly applied: Sequence }
  /** A node of another cluster asked to lead, or one that claims this cluster and may be right later. */
  | {
      readonly type: "otherCluster";
      readonly leader: NodeId;
      readonly reason: string;
      readonly mayAskAgain: boolean;
      readonly link: LinkNumber;
    }
  /** What was sent is not what it was said to be: the store here stays. */
  | { readonly type: "snapshotRefused"; readonly leader: NodeId; readonly reason: string }
  /** A node that the settings here do not name asked to lead. */
  | {
      readonly type: "strangerRefused";
      readonly leader: NodeId;
      readonly epoch: Epoch;
      readonly reason: string;
    }
  /** A node asked for a promise of an epoch that is not to be believed. */
  | {
      readonly type: "leapRefused";
      readonly leader: NodeId;
      readonly epoch: Epoch;
      readonly reason: string;
    }
  /** The leader's answer to a question for its mark. */
  | { readonly type: "readMark"; readonly number: number; readonly sequence: Sequence }
  /** The leader hands over to that node. */
  | { readonly type: "stand"; readonly to: NodeId };

export type FollowerEffects = Effects<LinkNumber, FollowerMessage, FollowerFlush, FollowerNews>;

export class FollowerDraft extends EffectsDraft<
  LinkNumber,
  FollowerMessage,
  FollowerFlush,
  FollowerNews
> {}
