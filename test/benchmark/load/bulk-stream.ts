/**
 * BulkWrite from a client that costs little: messages are encoded beforehand, and many go out in one piece. What an
 * HTTP/2 session without gRPC's library does for one stream is all that is needed.
 */
import { type ClientHttp2Session, connect } from "node:http2";
import {
  BulkWriteRequest,
  BulkWriteResponse,
} from "../../../gateway/grpc/generated/quorumkv/v1/kv.ts";

/** One put of each key, or several in one write. */
export type Puts = readonly { readonly key: string; readonly value: string }[];

/** A write as it goes over the wire, within a message of many. */
export function encodeWrite(puts: Puts): Buffer {
  const operations = puts.map((put) => ({
    operation: { $case: "put" as const, value: put },
    ifVersion: undefined,
  }));
  const nothing = { id: "0", operations: [], options: undefined };
  const writes = [{ id: "1", operations, options: undefined }];
  // Of a field that is repeated, several encodings in a row are one list.
  return Buffer.from(BulkWriteRequest.encode({ ...nothing, writes }).finish());
}

/** Messages of as many writes as the node takes, and of moderate size. */
function messagesOf(writes: readonly Buffer[]): Buffer[] {
  const messages: Buffer[] = [];
  for (let from = 0; from < writes.length; ) {
    let [to, bytes] = [from, 0];
    for (; to < writes.length && to - from < writesMax && bytes < messageBytes; to += 1)
      bytes += writes[to]?.length ?? 0;
    messages.push(framed(Buffer.concat(writes.slice(from, to))));
    from = to;
  }
  return messages;
}

const writesMax = 1000;
const messageBytes = 64 * 1024;

/** A message of gRPC: not compressed, and its length. */
function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}

const prefixBytes = 5;
/** Of a session and its stream, so that answers never wait for the client. */
const windowBytes = 16 * 1024 * 1024;

export interface BulkStream {
  send(writes: readonly Buffer[]): void;
  close(): void;
}

/** `answered` hears of each group of answers that arrives together, and how many of them were refusals. */
export function openBulkStream(
  url: string,
  answered: (count: number, failed: number) => void,
): BulkStream {
  const session: ClientHttp2Session = connect(url, {
    settings: { initialWindowSize: windowBytes },
  });
  session.once("connect", () => session.setLocalWindowSize(windowBytes));
  const stream = session.request({
    ...{ ":method": "POST", ":path": "/quorumkv.v1.KV/BulkWrite" },
    ...{ "content-type": "application/grpc", te: "trailers" },
  });
  const fail = (error: unknown): void => {
    throw new Error("the stream of writes broke", { cause: error });
  };
  session.on("error", fail);
  stream.on("error", fail);
  stream.on("trailers", (trailers) => {
    if (trailers["grpc-status"] !== "0") fail(trailers["grpc-message"]);
  });
  let rest: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let [from, count, failed] = [0, 0, 0];
    while (bytes.length - from >= prefixBytes) {
      const to = from + prefixBytes + bytes.readUInt32BE(from + 1);
      if (bytes.length < to) break;
      const answer = BulkWriteResponse.decode(bytes.subarray(from + prefixBytes, to));
      count += answer.answers.length;
      failed += answer.answers.filter(({ outcome }) => outcome?.$case !== "result").length;
      from = to;
    }
    rest = bytes.subarray(from);
    if (count > 0) answered(count, failed);
  });
  return {
    send: (writes) => void stream.write(Buffer.concat(messagesOf(writes))),
    close: () => session.destroy(),
  };
}
