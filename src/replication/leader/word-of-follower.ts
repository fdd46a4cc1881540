/** Answers that nobody can give: what they answer was never sent. DESIGN.md, "What others say". */
import type { FollowerMessage, Sequence } from "../types.ts";
import type { Peer } from "./peer.ts";

type Answer = Exclude<FollowerMessage, { type: "vote" | "wantMark" | "refusal" }>;

/** How far the leader itself is. */
export interface Sent {
  /** The numbers of the last heartbeat and of the last confirming round. */
  readonly heartbeats: number;
  readonly rounds: number;
  readonly last: Sequence;
}

/** What is wrong with the answer, as a reason to close its stream; undefined: nothing. */
export function faultOf(peer: Peer, answer: Answer, sent: Sent): string | undefined {
  switch (answer.type) {
    case "promise": {
      const { id } = answer.member;
      return id === peer.id ? undefined : `it says that it is ${id}`;
    }
    case "acks":
      return peer.link.state === "streaming" && answer.applied > sent.last
        ? `it has applied ${answer.applied}, and the last entry is ${sent.last}`
        : undefined;
    case "heartbeatReply":
      return unasked("heartbeat", answer.number, sent.heartbeats);
    case "confirmed":
      return unasked("round", answer.number, sent.rounds);
    case "snapshotReceipt":
      return faultOfReceipt(peer, answer);
    case "logPage":
    case "storePage":
    case "floorReceipt":
      return undefined;
  }
}

function faultOfReceipt(
  { link }: Peer,
  { snapshot, index, installed }: Extract<Answer, { type: "snapshotReceipt" }>,
): string | undefined {
  if (link.state !== "snapshot" || link.number !== snapshot) return undefined;
  if (index >= link.sent) return unasked("chunk", index + 1, link.sent);
  return installed && !(link.ended && index === link.sent - 1)
    ? "it has installed a snapshot that is not complete"
    : undefined;
}

const unasked = (what: string, number: number, last: number): string | undefined =>
  number > last ? `it answers ${what} ${number}, and the last one was ${last}` : undefined;
