/** The newest request of each connection and its answer: what a fault of the connection concerns. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { closeGently, discardRest } from "./gentle-close.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const newest = new WeakMap<Socket, Exchange>();

/** Called with each request, in the order in which they arrive. */
export function beginExchange(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  newest.set(socket, { request, response });
  // Node calls this after the last answer of a connection, whoever wanted it to be the last.
  socket.destroySoon = () => closeGently(socket);
  // Before Node's own listener, which would take in an unlimited rest.
  response.prependOnceListener("finish", () => {
    if (!request.complete) discardRest(request);
  });
}

/** Undefined until the connection has brought a whole head. */
export const newestExchange = (socket: Socket): Exchange | undefined => newest.get(socket);

/** What waits for the client's end, by connection: many requests may be under way on one. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Runs once the client has ended its side while the answer is still under way. It may have ended
 * the whole connection: only a write that fails would show that.
 */
export function onClientEnd({ request, response }: Exchange, run: () => void): void {
  const { socket } = request;
  if (socket.readableEnded) {
    queueMicrotask(run);
    return;
  }
  const runs = waiting.get(socket) ?? waitForEnd(socket);
  runs.add(run);
  response.once("close", () => runs.delete(run));
}

const waitForEnd = (socket: Socket): Set<() => void> => {
  const runs = new Set<() => void>();
  waiting.set(socket, runs);
  socket.once("end", () => {
    for (const run of runs) run();
  });
  return runs;
};
