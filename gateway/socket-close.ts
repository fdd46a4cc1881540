/**
 * What to run when a connection closes. One connection may carry many requests at a time, and Node tells
 * only the first of them.
 */
import type { Socket } from "node:net";

const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `run` when the connection closes, or soon if it is closed already: a call may find out what to answer only
 * after its client has gone. The returned function takes that back.
 */
export function onSocketClose(socket: Socket, run: () => void): () => void {
  if (socket.closed) {
    let isWanted = true;
    queueMicrotask(() => {
      if (isWanted) run();
    });
    return () => {
      isWanted = false;
    };
  }
  const known = waiting.get(socket);
  const runs = known ?? new Set();
  runs.add(run);
  if (known === undefined) {
    waiting.set(socket, runs);
    socket.once("close", () => {
      for (const each of runs) each();
    });
  }
  return () => {
    runs.delete(run);
  };
}
