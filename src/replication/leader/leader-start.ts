import type { Limits } from "../limits.ts";
import type { Digest, Entry, HardState, History, Member, NodeId, Sequence } from "../types.ts";
import type { LogView, StoreView } from "../views.ts";

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
