/** What a caller is told when a node does not do as asked. */
import { type Failed, failed } from "../errors.ts";
import type { Refusal } from "../replication/proposal.ts";

/** What may be over in a second. */
const soon = { retryAfterSeconds: 1 };

export const notFound = (key: string): Failed =>
  failed("KEY_NOT_FOUND", `no key ${JSON.stringify(key)}`);

export const overloaded = (detail: string): Failed => failed("OVERLOADED", detail, soon);

export const recovering = (detail: string): Failed => failed("RECOVERING", detail, soon);

export const shuttingDown = (): Failed =>
  failed("SHUTTING_DOWN", "this node is shutting down; nothing was written", soon);

export const quorumUnavailable = (
  detail: string,
  members: { readonly live: number; readonly quorum: number },
): Failed => failed("QUORUM_UNAVAILABLE", `${detail}; nothing was written`, { ...soon, members });

/** The rules' refusal of a write. */
export function refusalResult(refusal: Refusal): Failed {
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
    case "versionMismatch": {
      const { key, version } = refusal;
      const found = version === 0 ? "is absent" : `is at version ${version}`;
      return failed("VERSION_MISMATCH", `key ${JSON.stringify(key)} ${found}`, {
        members: { key, version },
      });
    }
    case "keyNotFound":
      return notFound(refusal.key);
  }
}
