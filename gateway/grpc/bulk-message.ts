/** One message of a client to `BulkWrite`: the writes in it, and the bounds on them. */
import { failed, type Result, succeeded } from "../../src/errors.ts";
import type { Unread } from "./definition.ts";
import type { BulkWriteItem, BulkWriteRequest } from "./generated/quorumkv/v1/kv.ts";

/** Writes of one message, and operations of all of them: so a message always has fewer parts than may be read. */
const writesMax = 1024;
const operationsOfMessageMax = 4096;

/** The writes of a message. */
export interface BulkMessage {
  readonly writes: readonly BulkWriteItem[];
  /** They came in a list, also if it holds one. */
  readonly isGrouped: boolean;
}

/** INVALID_ARGUMENT for a message that is malformed or breaks a rule; what a single write says is judged later. */
export function readBulkMessage(unread: Unread<BulkWriteRequest>): Result<BulkMessage> {
  const request = unread();
  if (!request.ok) return request;
  const { writes, ...single } = request.value;
  if (writes.length === 0) return succeeded({ writes: [single], isGrouped: false });
  if (single.id !== "0" || single.operations.length > 0 || single.options !== undefined)
    return failed(
      "INVALID_ARGUMENT",
      'A message with "writes" must not have "id", "operations" or "options" of its own.',
    );
  if (writes.length > writesMax)
    return failed(
      "INVALID_ARGUMENT",
      `"writes" must be a list of 1 to ${writesMax}; it has ${writes.length}.`,
    );
  let operations = 0;
  for (const write of writes) operations += write.operations.length;
  return operations > operationsOfMessageMax
    ? failed(
        "INVALID_ARGUMENT",
        `"writes" must have at most ${operationsOfMessageMax} operations together; they have ${operations}.`,
      )
    : succeeded({ writes, isGrouped: true });
}

/** Roughly the bytes that a waiting write keeps in memory. */
export function weighWrite({ operations }: BulkWriteItem): number {
  let bytes = 256;
  for (const { operation } of operations) {
    if (operation === undefined) continue;
    bytes += 128 + operation.value.key.length;
    if (operation.$case === "put") bytes += operation.value.value.length;
  }
  return bytes;
}
