/** Messages and entries in plain words. */
import { isHidden } from "../../replication/hidden-keys.ts";
import type { Check, Entry, FollowerMessage, LeaderMessage } from "../../replication/types.ts";

/** Like `3: a=1, b deleted`; a no-op is `3: nothing`. */
export const describeEntry = (entry: Entry): string => `${entry.sequence}: ${describeDeeds(entry)}`;

/** Like `a=1, b deleted`. */
export function describeDeeds({ operations, requires }: Entry): string {
  const deeds = operations.map(({ key, value, condition }) => {
    if (isHidden(key)) return `${value === undefined ? "forgets" : "remembers"} ${nameOf(key)}`;
    const deed = value === undefined ? `${key} deleted` : `${key}=${value}`;
    return condition === undefined ? deed : `${deed} ${describeCheck({ key, condition })}`;
  });
  deeds.push(...(requires?.checks ?? []).map(describeCheck));
  return deeds.length === 0 ? "nothing" : deeds.join(", ");
}

/** The idempotency key of a record. */
const nameOf = (hidden: string): string => hidden.slice(hidden.indexOf("/") + 1);

const describeCheck = ({ key, condition: { version, after } }: Check): string =>
  `if ${key} is ${version === 0 ? `absent after ${after}` : `at ${version}`}`;

/** Undefined for heartbeats, which say nothing new. */
export function describeMessage(message: LeaderMessage | FollowerMessage): string | undefined {
  switch (message.type) {
    case "heartbeat":
    case "heartbeatReply":
    case "confirm":
    case "readMark":
    case "confirmed":
    case "wantMark":
      return undefined;
    case "poll":
      return `poll ${message.number}`;
    case "vote":
      return message.agrees ? `vote for it` : `vote against it: ${message.reason}`;
    case "stand":
      return "stand for leader";
    case "prepare":
      return `prepare epoch ${message.epoch}`;
    case "promise": {
      const { epoch, applied, last, blank } = message;
      return `promise epoch ${epoch}: applied ${applied}, last ${last}${blank ? ", blank" : ""}`;
    }
    case "lead":
      return `lead, complete at ${message.completeAt}, floor ${message.floor?.quorum}`;
    case "refusal":
      return `refusal: ${message.reason}`;
    case "append": {
      const entries = message.entries.map((entry) => `[${describeEntry(entry)}]`).join(" ");
      return `append ${entries}${entries && ", "}committed ${message.committed}`;
    }
    case "acks": {
      const ranges = message.ranges.map(({ from, to }) => (from === to ? from : `${from}-${to}`));
      return `ack ${ranges.join(", ")}, applied ${message.applied}`;
    }
    case "floor":
      return `floor ${message.floor.quorum}`;
    case "floorReceipt":
      return `knows floor ${message.floor?.quorum}`;
    case "snapshotChunk": {
      const keys = message.records.map(({ key }) => key).join(" ");
      const end = message.end === undefined ? "" : `end at ${message.end.applied}`;
      return `snapshot chunk ${message.index}: ${keys}${end}`;
    }
    case "snapshotReceipt":
      return `received chunk ${message.index}${message.installed ? ", installed" : ""}`;
    case "fetchLog":
      return `what is in your log from ${message.from}?`;
    case "logPage":
      return `log: ${message.entries.map((entry) => `[${describeEntry(entry)}]`).join(" ")}`;
    case "fetchStore":
      return `what is in your store${message.after === undefined ? "" : ` after ${message.after}`}?`;
    case "storePage": {
      const keys = message.records.map(({ key, value }) => `${key}=${value}`).join(" ");
      return `store: ${keys}${message.end === undefined ? "" : `end at ${message.end.applied}`}`;
    }
  }
}
