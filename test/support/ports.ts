/** Ports for processes that will be started, killed and started again on the same ones. */
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the range from which the system picks ports for outgoing connections. */
const LOWEST = 12_000;
const HIGHEST = 32_000;

/** Free ports on loopback. Each process starts its search elsewhere, so that two rarely meet. */
export async function findPorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const port = next();
    if (await isFree(port)) {
      found.push(port);
    }
  }
  return found;
}

let latest = LOWEST + ((process.pid * 97) % (HIGHEST - LOWEST));

function next(): number {
  latest = latest + 1 < HIGHEST ? latest + 1 : LOWEST;
  return latest;
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen({ port, host: "127.0.0.1", exclusive: true });
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
