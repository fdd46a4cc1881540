/** How far a recovery is: who answered, the store in hand, and what it is about. */
import type { Epoch, FollowerMessage, History, NodeId, Sequence } from "../types.ts";

type PromiseMessage = Extract<FollowerMessage, { type: "promise" }>;

export interface Answer {
  readonly promise: PromiseMessage;
  connected: boolean;
  /** Everything it holds above the store in hand has been read. */
  done: boolean;
  /** The log page that must come next. */
  reading: Sequence | undefined;
  /** Its log no longer has all that it applied above the store in hand: its store must be taken. */
  outOfReach: boolean;
}

/** The store in hand. */
export interface Own {
  readonly applied: Sequence;
  readonly history: History | undefined;
  /** The highest epoch whose leader accepted this store, or led with it. */
  readonly followedEpoch: Epoch;
}

export type Stage =
  | { readonly type: "asking" }
  | {
      readonly type: "copying";
      readonly source: NodeId;
      readonly followedEpoch: Epoch;
      /** The page that is being flushed, and the key after which the next one begins. */
      flushing: { readonly page: number; readonly after: string | undefined } | undefined;
    }
  /** The copy is complete and being flushed, then judged: its source may go, and no other copy begins. */
  | {
      readonly type: "sealing";
      readonly source: NodeId;
      readonly followedEpoch: Epoch;
      /** Of the last page: which of all stores this one is. */
      readonly page: number;
    }
  | { readonly type: "installing"; readonly followedEpoch: Epoch }
  | { readonly type: "merging" }
  | { readonly type: "finished" };
