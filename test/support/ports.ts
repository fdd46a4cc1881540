/** Ports for nodes that must know each other's before they listen, and are started again on the same ones. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below the range from which the system picks ports for outgoing connections. */
const LOWEST = 12_000;
const BLOCK = 100;
const BLOCKS = 80;

/** A block is this process's as long as it holds the first port. */
let owned: { readonly lock: Server; next: number; readonly end: number } | undefined;
let nextBlock = process.pid % BLOCKS;

/** Free ports on loopback, all different, that no other process gets from here as long as this one runs. */
export async function findPorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    if (owned === undefined || owned.next === owned.end) {
      owned = await ownBlock();
    }
    const port = owned.next;
    owned.next += 1;
    const probe = await listenOn(port);
    if (probe !== undefined) {
      probe.close();
      await once(probe, "close");
      found.push(port);
    }
  }
  return found;
}

/** Blocks of before stay owned: their ports may be in use. */
async function ownBlock(): Promise<NonNullable<typeof owned>> {
  for (let tried = 0; tried < BLOCKS; tried += 1) {
    const first = LOWEST + BLOCK * nextBlock;
    nextBlock = (nextBlock + 1) % BLOCKS;
    const lock = await listenOn(first);
    if (lock !== undefined) {
      lock.unref();
      return { lock, next: first + 1, end: first + BLOCK };
    }
  }
  throw new Error(`no block of ${BLOCK} ports is free from ${LOWEST} on`);
}

/** Undefined: another program listens there. */
async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  server.listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(server, "listening");
    return server;
  } catch {
    return undefined;
  }
}
