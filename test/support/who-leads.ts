/** Which of several nodes leads, as they say themselves. */
import { setTimeout as wait } from "node:timers/promises";
import type { NodeStatus } from "../../src/node/api.ts";
import type { NodeProcess } from "./node-process.ts";

/** A frozen node answers nothing; nobody waits for it longer than this. */
const ANSWERS_WITHIN_MS = 5000;
const LED_WITHIN_MS = 400_000;

/** Undefined: the node is away, frozen, or did not answer in time. */
async function statusOf(node: NodeProcess): Promise<NodeStatus | undefined> {
  if (!node.isRunning) {
    return undefined;
  }
  try {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    const response = await fetch(`${node.url}/status`, { signal });
    return (await response.json()) as NodeStatus;
  } catch {
    return undefined;
  }
}

/** A former leader that is cut off may not know it yet: the highest epoch counts. */
export async function whoLeads(nodes: readonly NodeProcess[]): Promise<NodeProcess | undefined> {
  const statuses = await Promise.all(nodes.map(statusOf));
  const leading = statuses.filter((status) => status?.role === "leader");
  const newest = leading.reduce<NodeStatus | undefined>(
    (best, status) => (best === undefined || (status?.epoch ?? 0) > best.epoch ? status : best),
    undefined,
  );
  return nodes.find(({ id }) => id === newest?.id);
}

/** Waits until one leads that is none of these. */
export async function untilLed(
  nodes: readonly NodeProcess[],
  but: readonly NodeProcess[] = [],
): Promise<NodeProcess> {
  const others = nodes.filter((node) => !but.includes(node));
  const giveUpAt = performance.now() + LED_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    const leader = await whoLeads(others);
    if (leader !== undefined) {
      return leader;
    }
    await wait(20);
  }
  throw new Error(`none of ${others.map(({ id }) => id).join(", ")} leads`);
}
