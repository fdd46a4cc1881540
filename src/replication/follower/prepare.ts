/** Whether a node may promise what a candidate or leader asks for, and what it says of itself then. */
import { epochLeapMax, numberMax } from "../bounds.ts";
import { markOf } from "../cluster-id.ts";
import { isBelievable, isEpochOf } from "../election/epochs.ts";
import type {
  Epoch,
  FollowerMessage,
  HardState,
  LeaderMessage,
  Sequence,
  SnapshotEnd,
} from "../types.ts";
import { claimFault, clashWith } from "./cluster.ts";
import type { FollowerNews, LinkNumber } from "./follower-effects.ts";
import type { FollowerStart } from "./follower-start.ts";

type Prepare = Extract<LeaderMessage, { type: "prepare" }>;

/** Why it may not. */
interface Objection {
  readonly reason: string;
  /**
   * "stranger": the settings of the two nodes do not fit. "leap": operators should look at that, too. "cluster": it is
   * a node of another one. "claim": it does not show that it is of this one.
   */
  readonly kind: "stranger" | "leap" | "cluster" | "claim" | "other";
}

const objection = (kind: Objection["kind"], reason: string): Objection => ({ kind, reason });

/** Undefined: nothing speaks against the promise. */
export function objectionTo(
  message: Prepare,
  start: Pick<FollowerStart, "id" | "leader" | "nodes" | "all">,
  known: { readonly hardState: HardState; readonly hearsLeader: boolean },
): Objection | undefined {
  const { to, leader, epoch } = message;
  const { promisedEpoch, promisedLeader, blank } = known.hardState;
  if (to !== start.id) return objection("other", `this is ${start.id}, not ${to}`);
  const clashing = clashWith(message, start, known.hardState);
  if (clashing !== undefined) return objection("cluster", clashing);
  const strange = strangeness(message, start);
  if (strange !== undefined) return objection("stranger", strange);
  const claiming = claimFault(message, start, known);
  if (claiming !== undefined) return objection("claim", claiming);
  // A blank node may have promised what is far below: it cannot tell.
  if (!isBelievable(epoch, blank ? 0 : promisedEpoch))
    return objection("leap", leapReason(epoch, promisedEpoch));
  if (epoch > promisedEpoch || (epoch === promisedEpoch && leader === promisedLeader))
    return undefined;
  return objection("other", `promised epoch ${promisedEpoch} to ${promisedLeader}`);
}

/** A stranger to the cluster hears nothing of what was promised in it. */
export function refusalOf(
  { reason, kind }: Objection,
  hardState: HardState,
): Extract<FollowerMessage, { type: "refusal" }> {
  const tellsNothing = kind === "cluster" || kind === "claim";
  const { promisedEpoch, promisedLeader } = tellsNothing
    ? { promisedEpoch: 0, promisedLeader: "" }
    : hardState;
  const cluster = markOf(hardState);
  return { type: "refusal", promisedEpoch, promisedLeader, reason, cluster };
}

/** For people: what operators should look at. */
export function newsOf(
  { reason, kind }: Objection,
  { leader, epoch }: Prepare,
  link: LinkNumber,
): FollowerNews | undefined {
  if (kind === "other") return undefined;
  if (kind === "leap") return { type: "leapRefused", leader, epoch, reason };
  if (kind === "stranger") return { type: "strangerRefused", leader, epoch, reason };
  return { type: "otherCluster", leader, reason, mayAskAgain: kind === "claim", link };
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
  hardState: HardState,
  shown: SnapshotEnd & { readonly last: Sequence },
): FollowerMessage {
  const { promisedEpoch: epoch, blank, floor, followedEpoch = 0, ledEpoch } = hardState;
  const followed = { followedEpoch: Math.max(followedEpoch, ledEpoch) };
  const said = { ...shown, blank, floor, member, incarnation, settings: settings?.() };
  return { type: "promise", epoch, ...said, ...followed, cluster: markOf(hardState) };
}
