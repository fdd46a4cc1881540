/** What a follower answers once something that its leader sent is durable. */
import { toRanges } from "../progress.ts";
import type { Digest, FollowerMessage, Sequence } from "../types.ts";
import type { FollowerFlush } from "./follower-effects.ts";

type Receipted = Exclude<FollowerFlush, { type: "promise" | "hardState" }>;

/** `mark`: what the store shows. */
export function receiptOf(
  flush: Receipted,
  mark: { readonly applied: Sequence; readonly digest: Digest },
): FollowerMessage {
  const { epoch } = flush;
  switch (flush.type) {
    case "entries":
      return { type: "acks", epoch, ranges: toRanges(flush.sequences), ...mark };
    case "floor":
      return { type: "floorReceipt", epoch, floor: flush.floor, cluster: flush.cluster };
    case "chunk": {
      const { snapshot, index } = flush;
      const installed = flush.end !== undefined;
      return { type: "snapshotReceipt", epoch, snapshot, index, installed };
    }
  }
}
