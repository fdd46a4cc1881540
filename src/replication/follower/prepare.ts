/** Whether a follower may promise what a candidate or leader asks for, and what it says of itself then. */
import type { FollowerMessage, HardState, LeaderMessage, Sequence, SnapshotEnd } from "../types.ts";
import type { FollowerStart } from "./follower-start.ts";

/** Why it may not. */
interface Objection {
  readonly reason: string;
  /** The settings of the two nodes do not fit: operators should look at them. */
  readonly isStranger: boolean;
}

/** Undefined: nothing speaks against the promise. */
export function objectionTo(
  { to, leader, elected, epoch }: Extract<LeaderMessage, { type: "prepare" }>,
  { id, leader: expected, nodes }: FollowerStart,
  { promisedEpoch, promisedLeader }: HardState,
): Objection | undefined {
  if (to !== id) return { reason: `this is ${id}, not ${to}`, isStranger: false };
  if (elected !== (nodes !== undefined)) {
    const reason = `FAILOVER is not the same on ${to} and on ${leader}`;
    return { reason, isStranger: true };
  }
  if (!(nodes ?? [expected]).includes(leader)) {
    const reason = `the settings of ${to} name ${expected} as the leader`;
    return { reason, isStranger: true };
  }
  if (epoch > promisedEpoch || (epoch === promisedEpoch && leader === promisedLeader))
    return undefined;
  return { reason: `promised epoch ${promisedEpoch} to ${promisedLeader}`, isStranger: false };
}

/** `shown`: what its store shows. */
export function promiseOf(
  { member, incarnation, settings }: FollowerStart,
  { promisedEpoch: epoch, blank, floor, followedEpoch = 0, ledEpoch }: HardState,
  shown: SnapshotEnd & { readonly last: Sequence },
): FollowerMessage {
  const followed = { followedEpoch: Math.max(followedEpoch, ledEpoch) };
  const said = { ...shown, blank, floor, member, incarnation, settings: settings?.() };
  return { type: "promise", epoch, ...said, ...followed };
}
