/** The stream of `Watch`. */
import { type handleServerStreamingCall, Metadata } from "@grpc/grpc-js";
import { type Failure, failedBy, type Result, unless } from "../../src/errors.ts";
import type { KvNode } from "../../src/node/api.ts";
import type { AppliedOperation } from "../../src/node/watch-query.ts";
import type { Access } from "../access/access.ts";
import type { Visit } from "../access/visit.ts";
import type { Unread } from "./definition.ts";
import { toServiceError } from "./failures.ts";
import { type WatchRequest, WatchResponse } from "./generated/quorumkv/v1/kv.ts";
import type { AskedStream, MessageReader } from "./requests.ts";
import { visitOf } from "./visits.ts";

/** Bytes of one watch that wait for its client, beyond which it pauses. */
const waitingBytesMax = 256 * 1024;

/**
 * Streams applied operations in sequence order. A client that reads slowly pauses its own watch: later
 * the node reads on from the log. COMPACTED ends the stream if the log no longer holds that part.
 */
export const watch = (
  node: KvNode,
  reader: MessageReader,
  access: Access,
): handleServerStreamingCall<Unread<WatchRequest>, Buffer> => {
  const single = new WatchMessages((operations) => operations.map(alone));
  const grouped = new WatchMessages((operations) => [together(operations)]);
  return (call) => {
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
    const send = (message: Buffer) => {
      waitingBytes += message.length;
      call.write(message, () => {
        waitingBytes -= message.length;
        if (isBehind && !isFull()) {
          isBehind = false;
          resume();
        }
      });
    };
    const sendAll = (messages: readonly Buffer[]): boolean => {
      for (const message of messages) send(message);
      isBehind ||= isFull();
      return !isBehind;
    };
    const { positions, isGrouped, ...asked } = start.value;
    const messages = isGrouped ? grouped : single;
    const watching = node.watch({
      ...asked,
      // The headers tell the client that from here on it misses nothing.
      opened: () => call.sendMetadata(new Metadata()),
      applied: (operations) => sendAll(messages.of(operations)),
      passed: positions ? (sequence) => sendAll([bytesOf(position(sequence))]) : undefined,
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
};

/** Encoded messages, for all calls that are told of the same operations in the same form. */
class WatchMessages {
  readonly #encode: (operations: readonly AppliedOperation[]) => readonly WatchResponse[];
  readonly #messages = new WeakMap<readonly AppliedOperation[], readonly Buffer[]>();

  constructor(encode: (operations: readonly AppliedOperation[]) => readonly WatchResponse[]) {
    this.#encode = encode;
  }

  of(operations: readonly AppliedOperation[]): readonly Buffer[] {
    const known = this.#messages.get(operations);
    if (known !== undefined) return known;
    const messages = this.#encode(operations).map(bytesOf);
    this.#messages.set(operations, messages);
    return messages;
  }
}

function bytesOf(message: WatchResponse): Buffer {
  const { buffer, byteOffset, length } = WatchResponse.encode(message).finish();
  return Buffer.from(buffer, byteOffset, length);
}

const position = (sequence: number): WatchResponse => ({ sequence, key: "", operations: [] });

const alone = (operation: AppliedOperation): WatchResponse => ({
  ...operation,
  value: operation.value,
  operations: [],
});

const together = (operations: readonly AppliedOperation[]): WatchResponse => ({
  sequence: operations.at(-1)?.sequence ?? 0,
  key: "",
  value: undefined,
  operations: operations.map(({ sequence, key, value }) => ({ sequence, key, value })),
});

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
