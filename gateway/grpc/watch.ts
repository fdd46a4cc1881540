/** The stream of `Watch`. */
import { type handleServerStreamingCall, Metadata } from "@grpc/grpc-js";
import { type Failure, failedBy, type Result, unless } from "../../src/errors.ts";
import type { KvNode } from "../../src/node/api.ts";
import type { Access } from "../access/access.ts";
import type { Visit } from "../access/visit.ts";
import type { Unread } from "./definition.ts";
import { toServiceError } from "./failures.ts";
import type { WatchRequest, WatchResponse } from "./generated/quorumkv/v1/kv.ts";
import type { AskedStream, MessageReader } from "./requests.ts";
import { visitOf } from "./visits.ts";

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
    access: Access,
  ): handleServerStreamingCall<Unread<WatchRequest>, WatchResponse> =>
  (call) => {
    const visit = visitOf(access, call, "read");
    let forget = () => {};
    const fail = (failure: Failure) => {
      forget();
      access.ended(visit, "read", failure.code);
      call.emit("error", toServiceError(failure));
    };
    const start = readStart(call.request, reader, visit);
    if (!start.ok) {
      fail(start.failure);
      return;
    }
    let waitingBytes = 0;
    let isBehind = false;
    let resume = (): void => {};
    // The library counts messages, which may be a mebibyte each.
    const isFull = () => waitingBytes > waitingBytesMax || call.writableNeedDrain;
    const send = (message: WatchResponse) => {
      const bytes = message.key.length + (message.value?.length ?? 0);
      waitingBytes += bytes;
      call.write(message, () => {
        waitingBytes -= bytes;
        if (isBehind && !isFull()) {
          isBehind = false;
          resume();
        }
      });
    };
    const sendAll = (messages: readonly WatchResponse[]): boolean => {
      for (const message of messages) send(message);
      isBehind ||= isFull();
      return !isBehind;
    };
    const { positions, ...asked } = start.value;
    const watching = node.watch({
      ...asked,
      // The headers tell the client that from here on it misses nothing.
      opened: () => call.sendMetadata(new Metadata()),
      applied: sendAll,
      passed: positions ? (sequence) => sendAll([{ sequence, key: "" }]) : undefined,
      failed: fail,
    });
    if (!watching.ok) {
      fail(watching.failure);
      return;
    }
    resume = watching.value.resume;
    const { cancel } = watching.value;
    forget = visit.onLapse((failure) => {
      cancel();
      fail(failure);
    });
    call.on("drain", () => {
      isBehind = false;
      resume();
    });
    call.once("cancelled", () => {
      forget();
      cancel();
    });
  };

function readStart(
  request: Unread<WatchRequest>,
  reader: MessageReader,
  visit: Visit,
): Result<AskedStream> {
  if (visit.objection !== undefined) return failedBy(visit.objection);
  const read = request();
  if (!read.ok) return read;
  const start = reader.watch(read.value);
  return start.ok ? unless(visit.prefixFault(start.value.prefix), start.value) : start;
}
