/** What is not HTTP, or comes too slowly, is answered on the bare socket and then cut off. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Failure } from "../src/errors.ts";
import type { KvNode } from "../src/node/api.ts";
import { type Answer, nodeHeaders, refusal } from "./answers.ts";

/** Lets the answer arrive before the rest of what the client sends is met with a reset. */
const lingerMs = 250;

/** Node keeps the response that a socket is busy with here; it has no public name. */
interface BusySocket extends Duplex {
  readonly _httpMessage?: ServerResponse | null;
}

/** Answers a fault of the HTTP parser. A request that was whole before the fault gets its answer. */
export const answerClientError =
  (node: KvNode) =>
  (error: Error & { code?: string }, socket: BusySocket): void => {
    const pending = socket._httpMessage;
    if (socket.writableEnded) return;
    const isStreaming = pending?.headersSent === true && !pending.writableEnded;
    if (!socket.writable || error.code === "ECONNRESET" || isStreaming) {
      socket.destroy();
      return;
    }
    const answer = () => endWith(socket, node, refusal(explain(error.code)));
    if (pending?.req.complete || pending?.writableEnded) pending.once("close", answer);
    else answer();
  };

/** CONNECT would make this a tunnel; Node hands it over as a bare socket. */
export const answerConnect =
  (node: KvNode) =>
  (_request: unknown, socket: Duplex): void => {
    socket.on("error", () => socket.destroy());
    const detail = "This is no proxy: CONNECT is not possible.";
    const failure: Failure = { code: "METHOD_NOT_ALLOWED", detail };
    endWith(socket, node, refusal(failure, ["Allow", "GET, HEAD"]));
  };

const explain = (code: string | undefined): Failure => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { code: "TOO_LARGE", detail: "The request's head is too large." };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { code: "TOO_LARGE", detail: "The body's chunk extensions are too large." };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { code: "INVALID_ARGUMENT", detail: "The request did not arrive in time." };
    default:
      return { code: "INVALID_ARGUMENT", detail: "The request is not valid HTTP/1.1." };
  }
};

const endWith = (socket: Duplex, node: KvNode, answer: Answer): void => {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = [
    ...nodeHeaders(node),
    ...["Content-Type", answer.contentType],
    ...["Content-Length", String(Buffer.byteLength(answer.body))],
    ...["Connection", "close"],
    ...(answer.headers ?? []),
  ];
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  socket.end(`${head}\r\n${answer.body}`, () => {
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
};
