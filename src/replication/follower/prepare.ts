/** Whether a node may promise what a candidate or leader asks for, and what it says of itself then. */
import { epochLeapMax, numberMax } from "../bounds.ts";
import { isBelievable, isEpochOf } from "../election/epochs.ts";
import type {
  Epoch,
  FollowerMessage,
  HardState,
  LeaderMessage,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import type { FollowerStart } from "./follower-start.ts";

type Prepare = Extract<LeaderMessage, { type: "prepare" }>;

/** Why it may not. */
interface Objection {
  readonly reason: string;
  /** "stranger": the settings of the two nodes do not fit. "leap": operators should look at that, too. */
  readonly kind: "stranger" | "leap" | "other";
}

const objection = (kind: Objection["kind"], reason: string): Objection => ({ kind, reason });

/** Undefined: nothing speaks against the promise. */
export function objectionTo(
  message: Prepare,
  start: Pick<FollowerStart, "id" | "leader" | "nodes">,
  { promisedEpoch, promisedLeader, blank }: HardState,
): Objection | undefined {
  const { to, leader, epoch } = message;
  if (to !== start.id) return objection("other", `this is ${start.id}, not ${to}`);
  const strange = strangeness(message, start);
  if (strange !== undefined) return objection("stranger", strange);
  // A blank node may have promised what is far below: it cannot tell.
  if (!isBelievable(epoch, blank ? 0 : promisedEpoch))
    return objection("leap", leapReason(epoch, promisedEpoch));
  if (epoch > promisedEpoch || (epoch === promisedEpoch && leader === promisedLeader))
    return undefined;
  return objection("other", `promised epoch ${promisedEpoch} to ${promisedLeader}`);
}

/** Why the settings here do not let that node lead; undefined: they do. */
export function strangeness(
  { to, leader, elected, epoch }: Prepare,
  { leader: expected, nodes }: Pick<FollowerStart, "leader" | "nodes">,
): string | undefined {
  if (elected !== (nodes !== undefined))
    return `FAILOVER is not the same on ${to} and on ${leader}`;
  if (leader === to) return `${to} does not follow itself`;
  if (nodes === undefined)
    return leader === expected ? undefined : `the settings of ${to} name ${expected} as the leader`;
  if (!nodes.includes(leader)) return `NODES of ${to} has no ${leader}`;
  return isEpochOf(epoch, leader, nodes) ? undefined : `epoch ${epoch} is not one of ${leader}`;
}

export const leapReason = (epoch: Epoch, known: Epoch): string =>
  epoch > numberMax
    ? `epoch ${epoch} is above every one that a node may use`
    : `epoch ${epoch} is more than ${epochLeapMax} above ${known}, the highest one known here`;

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
