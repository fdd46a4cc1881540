/** What is not HTTP, or comes too slowly, is answered once and ends its connection. */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { failureOf } from "../src/errors.ts";
import type { KvNode } from "../src/node/api.ts";
import { type Answer, nodeHeaders, refusal, send } from "./answers.ts";
import { newestExchange } from "./exchanges.ts";
import { closeGently, isEnding } from "./gentle-close.ts";

/** Connections on which the parser has failed: whatever follows is one more fault. */
const faulty = new WeakSet<Socket>();

/** Whether what comes in on a connection can still be a request of its own. */
export const isOver = (socket: Socket): boolean => isEnding(socket) || faulty.has(socket);

/**
 * Answers a fault of the HTTP parser. Requests that were whole before the fault get their answers
 * first; a request that has its answer gets no second one; a connection that has brought nothing
 * is closed without a word, because its client would take that for the answer to its next request.
 */
export const answerClientError =
  (node: KvNode) =>
  (error: Error & { code?: string }, stream: Duplex): void => {
    // Node's own servers have no other kind of stream here.
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
      else finish();
      return;
    }
    const { request, response } = newest;
    if (response.headersSent && !response.writableEnded) socket.destroy();
    else if (!request.complete) {
      // Node sends it in its turn; the rest of this request cannot be understood.
      send({ node, closing: true }, response, answer);
      whenClosed(response, () => closeGently(socket));
    } else if (error.code !== "HPE_CLOSED_CONNECTION") {
      whenClosed(response, finish);
      // Or earlier, if the client has ended its side and Node ends the connection for it.
      socket.destroySoon = finish;
    }
  };

/** Its answer is out, and with it all answers before. */
function whenClosed(response: ServerResponse, run: () => void): void {
  if (response.closed) run();
  else response.once("close", run);
}

/** CONNECT would make this a tunnel; Node hands it over as a bare socket. */
export const answerConnect =
  (node: KvNode) =>
  (_request: unknown, stream: Duplex): void => {
    const socket = stream as Socket;
    socket.on("error", () => socket.destroy());
    const detail = "CONNECT is not supported: this node is not a proxy.";
    const failure = failureOf("METHOD_NOT_ALLOWED", detail);
    endWith(socket, node, refusal(failure, ["Allow", "GET, HEAD"]));
  };

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

function endWith(socket: Socket, node: KvNode, answer: Answer): void {
  if (isEnding(socket)) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = [
    ...nodeHeaders(node),
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
