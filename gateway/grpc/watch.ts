/** The stream of `Watch`. */
import { type handleServerStreamingCall, Metadata } from "@grpc/grpc-js";
import type { Failure, Result } from "../../src/errors.ts";
import type { KvNode } from "../../src/node/api.ts";
import { toServiceError } from "./failures.ts";
import type { WatchRequest, WatchResponse } from "./generated/quorumkv/v1/kv.ts";
import type { MessageReader } from "./requests.ts";

/** Bytes of one watch that wait for its client, beyond which it pauses. */
const waitingBytesMax = 256 * 1024;

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
    let waitingBytes = 0;
    let isBehind = false;
    let resume = (): void => {};
    // The library counts messages, which may be a mebibyte each.
    const isFull = () => waitingBytes > waitingBytesMax || call.writableNeedDrain;
    const watching = node.watch({
      ...start.value,
      // The headers tell the client that from here on it misses nothing.
      opened: () => call.sendMetadata(new Metadata()),
      applied: (operations) => {
        for (const operation of operations) {
          const bytes = operation.key.length + (operation.value?.length ?? 0);
          waitingBytes += bytes;
          call.write(operation, () => {
            waitingBytes -= bytes;
            if (isBehind && !isFull()) {
              isBehind = false;
              resume();
            }
          });
        }
        isBehind ||= isFull();
        return !isBehind;
      },
      failed: fail,
    });
    if (!watching.ok) {
      fail(watching.failure);
      return;
    }
    resume = watching.value.resume;
    call.on("drain", () => {
      isBehind = false;
      resume();
    });
    call.once("cancelled", watching.value.cancel);
  };
