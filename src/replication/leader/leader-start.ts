import type { Limits } from "../limits.ts";
import type {
  Digest,
  Entry,
  Epoch,
  HardState,
  History,
  LiveSettings,
  Member,
  NodeId,
  Sequence,
} from "../types.ts";
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
  /** Undefined: FAILOVER=0, nobody else may lead. */
  readonly election?: ElectionTurn | undefined;
  /** The live settings that this node goes by: heartbeats carry them. */
  readonly settings?: () => LiveSettings;
  readonly limits?: Limits;
  /** For a cluster that has no id yet: random, another one in each process. */
  readonly freshClusterId: string;
}

/** How an elected candidate begins. */
interface ElectionTurn {
  /** Its index among the sorted ids of all nodes. */
  readonly place: number;
  /** The highest epoch that the poll has heard of. */
  readonly above: Epoch;
  /** A candidate that hears too few gives up after this time. */
  readonly timeoutMs: number;
  /** READ_LEASE=1: it asks its followers for leases. */
  readonly leases?: boolean;
  /**
   * Blank followers, by their incarnations, that came before this epoch was chosen far above all others: what
   * their lost disks promised is below it.
   */
  readonly admitted: ReadonlyMap<NodeId, string>;
}
