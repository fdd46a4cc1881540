/** The stream of `Watch`. */
import { type handleServerStreamingCall, Metadata } from "@grpc/grpc-js";
import type { Failure, Result } from "../../src/errors.ts";
import type { KvNode } from "../../src/node/api.ts";
import { toServiceError } from "./failures.ts";
import type { WatchRequest, WatchResponse } from "./generated/quorumkv/v1/kv.ts";
import type { MessageReader } from "./requests.ts";

/**
 * Streams applied operations in sequence order. A client that reads slowly pauses its own watch: later
 * the node reads on from the log. COMPACTED ends the stream if the log no longer holds that part.
 */
export const watch =
  (
    node: KvNode,
    reader: MessageReader,
  ): handleServerStreamingCall<Result<WatchRequest>, WatchResponse> =>
  (call) => {
    const fail = (failure: Failure) => call.emit("error", toServiceError(failure));
    if (!call.request.ok) {
      fail(call.request.failure);
      return;
    }
    const start = reader.watch(call.request.value);
    if (!start.ok) {
      fail(start.failure);
      return;
    }
    const watching = node.watch({
      ...start.value,
      // The headers tell the client that from here on it misses nothing.
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
