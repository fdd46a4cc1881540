/** What a leader tells its follower. */
import type { Digest, LeaderMessage, LiveSettings, Sequence } from "../types.ts";

/** A message of the leader of this type. */
export type Told<Type extends LeaderMessage["type"]> = Extract<LeaderMessage, { type: Type }>;

/** Polls belong to no epoch, and no rule of following has to do with them. */
export type Followed = Exclude<LeaderMessage, { type: "poll" }>;

/** What a follower knows of its cluster from the leader's heartbeats. */
export interface ClusterNews {
  readonly committed: Sequence;
  readonly last: Sequence;
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly writeQuorum: number;
  /** Undefined: the leader's version does not tell. */
  readonly settings: LiveSettings | undefined;
}
