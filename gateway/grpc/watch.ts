import { type handleServerStreamingCall, Metadata } from "@grpc/grpc-js";
import type { Failure, Result } from "../../src/errors.ts";
import type { KvNode } from "../../src/node/api.ts";
import { checkKeyPart } from "../../src/request-limits.ts";
import { toServiceError } from "./failures.ts";
import type { WatchRequest, WatchResponse } from "./generated/quorumkv/v1/kv.ts";
import { readWhole } from "./whole.ts";

/**
 * Streams applied operations. A client that reads slowly pauses its own watch: what it has not
 * taken is read back from the log, and COMPACTED ends the stream if the log is gone by then.
 */
export const watch =
  (node: KvNode): handleServerStreamingCall<Result<WatchRequest>, WatchResponse> =>
  (call) => {
    const fail = (failure: Failure) => call.emit("error", toServiceError(failure));
    if (!call.request.ok) {
      fail(call.request.failure);
      return;
    }
    const { prefix } = call.request.value;
    const after = readWhole(call.request.value.after, "after");
    if (!after.ok) {
      fail(after.failure);
      return;
    }
    const fault = checkKeyPart(prefix, "prefix");
    if (fault !== undefined) {
      fail(fault);
      return;
    }
    const watching = node.watch({
      prefix,
      after: after.value,
      // Tells the client that from here on it misses nothing.
      opened: () => call.sendMetadata(new Metadata()),
      applied: (operations) => {
        let hasRoom = true;
        for (const operation of operations) hasRoom = call.write(operation);
        return hasRoom;
      },
      failed: fail,
    });
    if (!watching.ok) {
      fail(watching.failure);
      return;
    }
    call.on("drain", watching.value.resume);
    call.once("cancelled", watching.value.cancel);
  };
