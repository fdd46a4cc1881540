/** The failures that a node answers with, each built in one place. */
import { type Failed, failed } from "../errors.ts";
import type { Refusal } from "../replication/leader/proposal.ts";
import type { NodeId, Sequence } from "../replication/types.ts";

/** The reason may be gone after a second: clients may try again. */
const soon = { retryAfterSeconds: 1 };

export const notFound = (key: string): Failed =>
  failed("KEY_NOT_FOUND", `no key ${JSON.stringify(key)}`);

/** A bound is reached; `detail` names it. Nothing was written. */
export const overloaded = (detail: string): Failed => failed("OVERLOADED", detail, soon);

/** The node cannot answer yet; after the leader has recovered or the node has caught up it can. */
export const recovering = (detail: string): Failed => failed("RECOVERING", detail, soon);

/** Why nothing is read from a store that is not a prefix of the cluster's history. */
export const replacingReason =
  "this node's store is not part of the cluster's history: a snapshot is replacing it";

/** An election is under way, or cannot be won by anybody. Nothing was written. */
export const noLeader = (): Failed =>
  failed("NO_LEADER", "no leader is known at the moment; nothing was written", soon);

export const shuttingDown = (): Failed =>
  failed("SHUTTING_DOWN", "this node is shutting down; nothing was written", soon);

/** Too few followers are live for the quorum. Nothing was written. */
export const quorumUnavailable = (
  detail: string,
  members: { readonly live: number; readonly quorum: number },
): Failed => failed("QUORUM_UNAVAILABLE", `${detail}; nothing was written`, { ...soon, members });

/** The deadline of a write has passed. `version`: undefined where it may become that of another write. */
export const outcomeUnknown = (members: {
  readonly version: Sequence | undefined;
  readonly acks: readonly NodeId[];
  readonly quorum: number;
}): Failed => {
  const { version, acks, quorum } = members;
  return failed(
    "OUTCOME_UNKNOWN",
    `the deadline passed with ${acks.length} of ${quorum} acks: the write may still settle`,
    { members: { ...(version !== undefined && { version }), acks, quorum } },
  );
};

/** The failure for a write that the rules of leading refuse. That of a batch names the place of its operation. */
export function refusalResult(refusal: Refusal, isBatch = false): Failed {
  switch (refusal.reason) {
    case "recovering":
      return recovering(`the leader is not ready: ${refusal.detail}`);
    case "overloaded":
      return overloaded(`${refusal.detail}; nothing was written`);
    case "quorumUnavailable": {
      const { live, quorum } = refusal;
      const detail = `${live} live followers, the write asks for ${quorum} acks`;
      return quorumUnavailable(detail, { live, quorum });
    }
    case "floorTooHigh": {
      const { live, quorum, noted } = refusal;
      const detail =
        `the first write with a quorum as low as ${quorum} needs ${noted} live followers to take note of it; ` +
        `${live} are live`;
      return quorumUnavailable(detail, { live, quorum });
    }
    case "versionMismatch": {
      const { index, key, version } = refusal;
      const found = version === 0 ? "is absent" : `is at version ${version}`;
      const place = isBatch ? `Operation ${index}: ` : "";
      return failed("VERSION_MISMATCH", `${place}key ${JSON.stringify(key)} ${found}`, {
        members: { ...(isBatch && { index }), key, version },
      });
    }
    case "keyNotFound":
      return notFound(refusal.key);
    case "keyReused":
      return failed(
        "IDEMPOTENCY_KEY_REUSED",
        `the idempotency key ${JSON.stringify(refusal.key)} belongs to another write; nothing was written`,
        { members: { idempotencyKey: refusal.key } },
      );
  }
}
