import { type Effects, EffectsDraft } from "../effects.ts";
import type { RecordsFlush } from "../recovery/recovery.ts";
import type {
  Epoch,
  LeaderMessage,
  LiveSettings,
  NodeId,
  Sequence,
  SequenceRange,
  SnapshotEnd,
} from "../types.ts";
import type { Slot } from "./ledger.ts";

/** What the node reports back once an effect's flush is done. */
export type LeaderFlush =
  | { readonly type: "epoch"; readonly epoch: Epoch }
  /** `floor`: number of the note that was flushed with it. */
  | { readonly type: "log"; readonly epoch: Epoch; readonly floor: number }
  | { readonly type: "entries"; readonly through: Sequence }
  | RecordsFlush
  | { readonly type: "installed"; readonly end: SnapshotEnd }
  /** The note of that number is durable here. */
  | { readonly type: "floor"; readonly epoch: Epoch; readonly number: number }
  /** All nodes hold the id of the cluster, and this is durable here. */
  | { readonly type: "cluster"; readonly epoch: Epoch }
  | { readonly type: "hardState" };

export type LeaderNews =
  | { readonly type: "acked"; readonly from: NodeId; readonly ranges: readonly SequenceRange[] }
  | {
      readonly type: "member";
      readonly id: NodeId;
      readonly state: "live" | "syncing" | "unreachable";
      readonly restarted: boolean;
    }
  /** A follower's store is not a prefix of this history: a snapshot will replace it. */
  | { readonly type: "storeReplaced"; readonly id: NodeId; readonly applied: Sequence }
  /** A follower refuses to be led, and deposes nobody by it; a stranger is of another cluster. */
  | {
      readonly type: "refused";
      readonly by: NodeId;
      readonly reason: string;
      readonly isStranger: boolean;
    }
  /** The floor was lowered with too few followers to know it, or enough of them know it now. */
  | { readonly type: "floor"; readonly quorum: number; readonly degraded: boolean }
  | { readonly type: "digestMismatch"; readonly id: NodeId; readonly applied: Sequence }
  /** Of all that elected this leader, these are the newest settings: it leads by them. */
  | { readonly type: "settings"; readonly settings: LiveSettings };

/** Why this process must stop leading at once. */
export type Deposed =
  | { readonly reason: "higherEpoch"; readonly by: NodeId; readonly epoch: Epoch }
  /** A follower knows of this leader what its disk does not. */
  | { readonly reason: "diskWentBack" }
  /** None above those that it knows of may be used: nothing was promised. */
  | { readonly reason: "noEpochLeft" }
  /** Too few answered this candidate. */
  | { readonly reason: "notElected" }
  /** Blank followers can be led only in an epoch far above this one: what they promised is not known. */
  | { readonly reason: "blankFollowers"; readonly admit: ReadonlyMap<NodeId, string> };

export interface LeaderEffects extends Effects<NodeId, LeaderMessage, LeaderFlush, LeaderNews> {
  /** The overlay shows these entries now, and their writers may be answered. */
  readonly settled: readonly Slot[];
  readonly deposed: Deposed | undefined;
}

export class LeaderDraft extends EffectsDraft<NodeId, LeaderMessage, LeaderFlush, LeaderNews> {
  #settled: Slot[] = [];
  #deposed: Deposed | undefined;

  settle(slots: readonly Slot[]): void {
    for (const slot of slots) this.#settled.push(slot);
  }

  depose(deposed: Deposed): void {
    this.#deposed = deposed;
  }

  override take(): LeaderEffects {
    const { storage, closes, news, sends } = super.take();
    const [settled, deposed] = [this.#settled, this.#deposed];
    this.#settled = [];
    this.#deposed = undefined;
    return { storage, closes, news, settled, sends, deposed };
  }
}
