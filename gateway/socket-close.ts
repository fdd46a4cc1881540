/**
 * What to run when a connection closes. One connection may carry many requests at a time, and Node tells
 * only the first of them.
 */
import type { Socket } from "node:net";

const waiting = new WeakMap<Socket, Set<() => void>>();

/** Calls `run` when the connection closes, unless the returned function was called before. */
export function onSocketClose(socket: Socket, run: () => void): () => void {
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
