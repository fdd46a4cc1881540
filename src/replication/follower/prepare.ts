/** Whether a follower may promise what a candidate or leader asks for, and what it says of itself then. */
import { markOf } from "../cluster-id.ts";
import type { FollowerMessage, HardState, LeaderMessage, Sequence, SnapshotEnd } from "../types.ts";
import { claimFault, clashWith } from "./cluster.ts";
import type { FollowerStart } from "./follower-start.ts";

type Prepare = Extract<LeaderMessage, { type: "prepare" }>;

/**
 * Operators should look at a stranger: the settings of the two nodes do not fit, or it is a node of another cluster, or one
 * that claims to be of this cluster without showing it.
 */
export type StrangerKind = "settings" | "cluster" | "claim";

/** Why it may not. */
export interface Objection {
  readonly reason: string;
  readonly stranger?: StrangerKind;
}

/** Undefined: nothing speaks against the promise. */
export function objectionTo(
  message: Prepare,
  start: FollowerStart,
  known: { readonly hardState: HardState; readonly hearsLeader: boolean },
): Objection | undefined {
  const { to, leader, elected, epoch } = message;
  const { id, leader: expected, nodes } = start;
  const { promisedEpoch, promisedLeader } = known.hardState;
  if (to !== id) return { reason: `this is ${id}, not ${to}` };
  const reasonOfCluster = clashWith(message, start, known.hardState);
  if (reasonOfCluster !== undefined) return { reason: reasonOfCluster, stranger: "cluster" };
  if (elected !== (nodes !== undefined)) {
    const reason = `FAILOVER is not the same on ${to} and on ${leader}`;
    return { reason, stranger: "settings" };
  }
  if (!(nodes ?? [expected]).includes(leader)) {
    const reason = `the settings of ${to} name ${expected} as the leader`;
    return { reason, stranger: "settings" };
  }
  const reasonOfClaim = claimFault(message, start, known);
  if (reasonOfClaim !== undefined) return { reason: reasonOfClaim, stranger: "claim" };
  if (epoch > promisedEpoch || (epoch === promisedEpoch && leader === promisedLeader))
    return undefined;
  return { reason: `promised epoch ${promisedEpoch} to ${promisedLeader}` };
}

/** A stranger to the cluster hears nothing of what was promised in it. */
export function refusalOf(
  { reason, stranger }: Objection,
  hardState: HardState,
): Extract<FollowerMessage, { type: "refusal" }> {
  const tellsNothing = stranger === "cluster" || stranger === "claim";
  const { promisedEpoch, promisedLeader } = tellsNothing
    ? { promisedEpoch: 0, promisedLeader: "" }
    : hardState;
  const cluster = markOf(hardState);
  return { type: "refusal", promisedEpoch, promisedLeader, reason, cluster };
}

/** `shown`: what its store shows. */
export function promiseOf(
  { member, incarnation, settings }: FollowerStart,
  hardState: HardState,
  shown: SnapshotEnd & { readonly last: Sequence },
): FollowerMessage {
  const { promisedEpoch: epoch, blank, floor, followedEpoch = 0, ledEpoch } = hardState;
  const followed = { followedEpoch: Math.max(followedEpoch, ledEpoch) };
  const said = { ...shown, blank, floor, member, incarnation, settings: settings?.() };
  const cluster = markOf(hardState);
  return { type: "promise", epoch, ...said, ...followed, cluster };
}
