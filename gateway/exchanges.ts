/**
 * The newest request of each connection and its answer. When something goes wrong with a connection,
 * such as bytes that are not HTTP, this is the request that it concerns.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { closeGently, discardRest } from "./gentle-close.ts";

/** A request and the response that answers it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * What a connection has carried. An exchange is forgotten once it is over: a connection is old, and the
 * garbage collector would copy the last exchange of each one again and again (a fifth of a write, measured).
 */
interface Carried {
  /** Undefined while the connection waits for its next request. */
  newest: Exchange | undefined;
  /** Requests whose answers are not sent to the end. Invariant: all but the newest one have arrived as a whole. */
  unanswered: number;
  /** What `uses` was when a request last came or was answered. */
  usedAs: number;
}

const connections = new WeakMap<Socket, Carried>();
/** Requests of all connections so far: what comes later has a higher number, and no clock has to be read. */
let uses = 0;

/**
 * Must be called with each request, in the order in which they arrive. From then on the connection is
 * closed gently, and the rest of a body that nobody read is discarded after the answer.
 */
export function beginExchange(request: IncomingMessage, response: ServerResponse): void {
  const carried = connections.get(request.socket) ?? carryFirst(request.socket);
  const exchange = { request, response };
  carried.newest = exchange;
  carried.unanswered += 1;
  uses += 1;
  carried.usedAs = uses;
  // Before the listener of Node itself, which would read a body of any length to its end. A response finishes and
  // closes once: a listener for one time would cost each request more (measured).
  response.prependListener("finish", () => {
    carried.unanswered -= 1;
    carried.usedAs = uses;
    if (request.complete) forget(carried, exchange);
    else {
      discardRest(request);
      request.once("close", () => forget(carried, exchange));
    }
  });
}

function forget(carried: Carried, exchange: Exchange): void {
  if (carried.newest === exchange) carried.newest = undefined;
}

function carryFirst(socket: Socket): Carried {
  const carried: Carried = { newest: undefined, unanswered: 0, usedAs: uses };
  connections.set(socket, carried);
  // Node calls this after the last answer of a connection, for whatever reason it is the last.
  socket.destroySoon = endGently;
  return carried;
}

/** One function for all connections: each would keep its own as long as it is open. */
function endGently(this: Socket): void {
  closeGently(this);
}

/** How many requests have come so far, on all connections. */
export const usesSoFar = (): number => uses;

/**
 * What `usesSoFar` was when the connection was last in use, for one that carries nothing: its client owes it the next
 * request, or the rest of one. Undefined while a whole request waits for its answer. `since`: of a new connection.
 */
export function idleSince(socket: Socket, since: number): number | undefined {
  const carried = connections.get(socket);
  if (carried === undefined) return since;
  const { newest, unanswered, usedAs } = carried;
  const arriving = newest === undefined || newest.request.complete ? 0 : 1;
  return unanswered > arriving ? undefined : usedAs;
}

/** Whether a whole head has ever arrived on the connection. */
export const hasCarried = (socket: Socket): boolean => connections.has(socket);

/** The newest exchange; undefined before the first, and once the whole request and its answer are through. */
export const newestExchange = (socket: Socket): Exchange | undefined =>
  connections.get(socket)?.newest;

/** What to run at the end of the client, by connection: one connection may carry many requests. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `run` once the client has ended its side of the connection while the answer is unfinished.
 * The client may have gone altogether; only a failing write would show that.
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
