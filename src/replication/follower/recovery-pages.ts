/** What a recovery asks a follower for: its log and its store, page by page. */
import type { Limits } from "../limits.ts";
import type { Epoch, FollowerMessage, Sequence } from "../types.ts";
import type { FollowerStage } from "./follower-stage.ts";
import type { FollowerStart } from "./follower-start.ts";

/** Entries that this node holds from a sequence on, of whichever epoch. */
export function logPage(
  { log, last }: FollowerStart,
  limits: Limits,
  { epoch, from }: { epoch: Epoch; from: Sequence },
): FollowerMessage {
  const { messageEntriesMax: entriesMax, messageBytesMax: bytesMax } = limits;
  const entries = log.read(from, { entriesMax, bytesMax });
  const end = entries.at(-1);
  const next = end === undefined || end.sequence >= last() ? 0 : end.sequence + 1;
  return { type: "logPage", epoch, from, entries, next };
}

/** A page of a copy that the stage keeps until its end is sent, or why there is none. */
export function storePage(
  { store }: FollowerStart,
  stage: FollowerStage,
  { epoch, after, bytesMax }: { epoch: Epoch; after: string | undefined; bytesMax: number },
): FollowerMessage | string {
  if (stage.type !== "promised") return "a store is for recovery only";
  if (after === undefined) {
    stage.copy?.close();
    stage.copy = store.copy();
  }
  const { copy } = stage;
  if (copy === undefined) return "the copy of the store is gone";
  const records = copy.page(after, bytesMax);
  const { applied, digest, history } = copy;
  const end = records.length === 0 ? { applied, digest, history } : undefined;
  if (end !== undefined) {
    copy.close();
    stage.copy = undefined;
  }
  return { type: "storePage", epoch, records, end };
}
