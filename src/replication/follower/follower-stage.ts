import type { Epoch, Sequence } from "../types.ts";
import type { StoreCopyView } from "../views.ts";
import type { LinkNumber } from "./follower-effects.ts";

/** A snapshot that is arriving. */
export interface Arriving {
  readonly epoch: Epoch;
  readonly number: number;
  /** Which one it is of all that have begun here. */
  readonly begun: number;
  /** The chunk that must come next. */
  next: number;
  /** The highest version among its records. */
  newest: Sequence;
  /** Its end has come. */
  isWhole: boolean;
}

/**
 * How far a follower is with a leader. `link` is the only stream it listens to: the one that last asked for
 * a promise it could give.
 */
export type FollowerStage =
  | { readonly type: "idle" }
  /** The promise is not durable yet. */
  | { readonly type: "promising"; readonly link: LinkNumber }
  | { readonly type: "promised"; readonly link: LinkNumber; copy: StoreCopyView | undefined }
  | {
      readonly type: "following";
      readonly link: LinkNumber;
      /** What the leader's log held when it began to send: this node is whole once it has all of it. */
      readonly completeAt: Sequence;
      /** How far this leader said the log is committed: an earlier leader's mark does not count. */
      told: Sequence;
      /** The leader has announced that its snapshot takes the place of the store here, whatever that holds. */
      readonly replaces: boolean;
      /** A store is arriving that will replace this one: entries are kept but not applied. */
      installing: boolean;
      /** A snapshot is arriving. */
      snapshot: Arriving | undefined;
    };
