/** Requests that are not HTTP, or arrive too slowly, get one answer, and their connection is closed. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { failureOf } from "../src/errors.ts";
import type { KvNode } from "../src/node/api.ts";
import { type Answer, dataPolicy, nodeHeaders, policyHeader, refusal, send } from "./answers.ts";
import { hasCarried, newestExchange } from "./exchanges.ts";
import { closeGently, isEnding } from "./gentle-close.ts";

/** Connections on which the parser has failed: nothing that follows on them can be understood. */
const faulty = new WeakSet<Socket>();

/** Whether the connection can carry no further request. */
export const isOver = (socket: Socket): boolean => isEnding(socket) || faulty.has(socket);

/**
 * Answers an error of the HTTP parser. Complete requests before it get their answers first, and a
 * request that has its answer gets no second one. A connection that has carried nothing is closed
 * without an answer, because its client would take that for the answer to its next request.
 */
export const answerClientError =
  (node: KvNode) =>
  (error: Error & { code?: string }, stream: Duplex): void => {
    // The servers of Node pass no other kind of stream.
    const socket = stream as Socket;
    if (!socket.writable || error.code === "ECONNRESET") {
      if (!isEnding(socket)) socket.destroy();
      return;
    }
    if (isOver(socket)) return;
    faulty.add(socket);
    socket.pause();
    const answer = explain(error.code);
    const finish = () => endWith(socket, node, answer);
    const newest = newestExchange(socket);
    if (newest === undefined) {
      if (socket.bytesRead === 0) closeGently(socket);
      // What follows the last request of a connection gets no answer.
      else if (!hasCarried(socket) || error.code !== "HPE_CLOSED_CONNECTION") finish();
      return;
    }
    const { request, response } = newest;
    if (response.headersSent && !response.writableEnded) socket.destroy();
    else if (!request.complete) {
      // Node sends it when its turn comes; the rest of this request cannot be parsed.
      send({ node, closing: true }, response, answer);
      whenClosed(response, () => closeGently(socket));
    } else if (error.code !== "HPE_CLOSED_CONNECTION") {
      whenClosed(response, finish);
      // Or earlier, if the client has ended its side and Node ends the connection because of that.
      socket.destroySoon = finish;
    }
  };

/** Calls `run` once the answer is sent, and with it all answers before. */
function whenClosed(response: ServerResponse, run: () => void): void {
  if (response.closed) run();
  else response.once("close", run);
}

/** Refuses CONNECT, which asks for a tunnel; Node passes it on as a bare socket. */
export const answerConnect =
  (node: KvNode) =>
  (_request: unknown, stream: Duplex): void => {
    const socket = stream as Socket;
    socket.on("error", () => socket.destroy());
    const detail = "CONNECT is not supported: this node is not a proxy.";
    const failure = failureOf("METHOD_NOT_ALLOWED", detail);
    endWith(socket, node, refusal(failure, ["Allow", "GET, HEAD"]));
  };

/** The answer for an error code of the parser. */
function explain(code: string | undefined): Answer {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return refusal(failureOf("TOO_LARGE", "The head of the request is too large."));
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return refusal(failureOf("TOO_LARGE", "The chunk extensions of the body are too large."));
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refusal(failureOf("INVALID_ARGUMENT", "The request did not arrive in time."), [], 408);
    default:
      return refusal(failureOf("INVALID_ARGUMENT", "The request is not valid HTTP/1.1."));
  }
}

/** Writes the answer to the bare socket, outside of any response, and closes the connection. */
function endWith(socket: Socket, node: KvNode, answer: Answer): void {
  if (isEnding(socket)) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = [
    ...nodeHeaders(node),
    policyHeader,
    dataPolicy,
    "Content-Type",
    answer.contentType,
    "Content-Length",
    String(Buffer.byteLength(answer.body)),
    "Connection",
    "close",
    ...(answer.headers ?? []),
  ];
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  socket.write(`${head}\r\n${answer.body}`);
  closeGently(socket);
}
