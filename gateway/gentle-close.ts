/**
 * Ends a connection so that its last answer arrives. A socket that is closed while bytes of its
 * client are unread is reset by the kernel, and the reset may overtake the answer. So this side
 * ends first, and what still comes in is discarded until the client ends too or a bound is
 * reached. nginx calls it a lingering close.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** Bytes that a client may still send after its answer. */
const discardedBytesMax = 64 * 1024 * 1024;
/** Milliseconds it may take over that altogether, and between two pieces of it. */
const discardedMsMax = 30_000;
const silenceMsMax = 5000;
/** Milliseconds between two checks of these bounds. */
const lookIntervalMs = 100;

/** One connection whose bytes are discarded. Instants are in milliseconds, monotonic. */
interface Discarding {
  readonly bytesBefore: number;
  since: number;
  bytes: number;
  heardAt: number;
}

/** Connections that this side has ended. */
const ending = new WeakSet<Socket>();
/** Connections whose remaining bytes are discarded, within the bounds above. */
const discarding = new Map<Socket, Discarding>();
let looking: NodeJS.Timeout | undefined;

/** Ends the connection after what was written to it. */
export function closeGently(socket: Socket): void {
  if (ending.has(socket) || socket.destroyed) return;
  ending.add(socket);
  socket.end();
  discard(socket);
  socket.once("close", () => discarding.delete(socket));
  socket.resume();
}

/** Whether this side has ended the connection: a later request or fault on it can get no answer. */
export const isEnding = (socket: Socket): boolean => ending.has(socket);

/** Reads and drops the rest of a request that has its answer, so that its connection can be used again. */
export function discardRest(request: IncomingMessage): void {
  const { socket } = request;
  discard(socket);
  request.once("close", () => {
    if (!ending.has(socket)) discarding.delete(socket);
  });
  // A client that goes away ends it early, which needs no handling.
  request.on("error", () => {});
  request.unpipe();
  request.resume();
}

function discard(socket: Socket): void {
  const now = performance.now();
  const bytesBefore = socket.bytesRead;
  discarding.set(socket, { bytesBefore, since: now, bytes: bytesBefore, heardAt: now });
  looking ??= setInterval(look, lookIntervalMs).unref();
}

/** Checks all connections, and cuts those that exceed a bound. */
function look(): void {
  const now = performance.now();
  for (const [socket, state] of discarding) {
    if (socket.bytesRead !== state.bytes) state.heardAt = now;
    state.bytes = socket.bytesRead;
    // Time counts from when the answer was sent: its client may read slowly.
    if (socket.writableLength > 0) state.since = state.heardAt = now;
    const isTooMuch = state.bytes - state.bytesBefore > discardedBytesMax;
    const isTooLong = now - state.since > discardedMsMax || now - state.heardAt > silenceMsMax;
    if (socket.destroyed) discarding.delete(socket);
    else if (isTooMuch || isTooLong) socket.destroy();
  }
  if (discarding.size > 0) return;
  clearInterval(looking);
  looking = undefined;
}
