import type { Limits } from "../limits.ts";
import type {
  Digest,
  HardState,
  History,
  LiveSettings,
  Member,
  NodeId,
  Sequence,
} from "../types.ts";
import type { LogView, StoreView } from "../views.ts";
import type { Lending } from "./lending.ts";

/** What a follower is made from: its settings, and what its disk holds. */
export interface FollowerStart {
  readonly id: NodeId;
  /** Whom its settings name as leader. */
  readonly leader: NodeId;
  /** All nodes, this one included. */
  readonly all: readonly NodeId[];
  /** FAILOVER=1: any of these nodes may lead it; undefined: nobody but `leader`. */
  readonly nodes?: readonly NodeId[] | undefined;
  /** What this node has lent, in any role; undefined: nothing, ever. */
  readonly lending?: Lending | undefined;
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
  /** The live settings that this node holds, for an elected leader; see the promise. */
  readonly settings?: (() => LiveSettings | undefined) | undefined;
  readonly limits?: Limits;
}
