/** Waits until a cluster that was just started serves writes with all its followers. */
import { setTimeout as pause } from "node:timers/promises";
import type { Member } from "../cluster.ts";
import { reasonOf, SimulationError, unreachable } from "../errors.ts";
import { clusterSchema } from "../http/answers.ts";
import { callJson, probe } from "../http/client.ts";

const pollEveryMs = 50;

/** Which nodes must be ready, and how long that may take. */
export interface ReadinessOptions {
  readonly leader: Member;
  readonly followers: readonly Member[];
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Throws when waiting has become pointless. */
  readonly check?: () => void;
}

/** Throws a SimulationError with exit code 3 that names what was still missing. */
export async function waitUntilReady(options: ReadinessOptions): Promise<void> {
  const deadline = performance.now() + options.limitMs;
  let reason = "not asked yet";
  while (performance.now() < deadline) {
    options.signal.throwIfAborted();
    options.check?.();
    const answer = await whatIsMissing(options);
    if (answer === undefined) return;
    reason = answer;
    await pause(pollEveryMs, undefined, { signal: options.signal });
  }
  throw unreachable(`the cluster did not become ready in ${options.limitMs / 1000} s: ${reason}`);
}

async function whatIsMissing({ leader, followers, signal }: ReadinessOptions) {
  try {
    for (const { id, url } of [leader, ...followers]) {
      const { status } = await probe(`${url}/readyz`, { signal });
      if (status !== 200) return `${id} is not ready (${status})`;
    }
    const { nodes } = await callJson(`${leader.url}/cluster`, clusterSchema, { signal });
    const lacking = nodes.find(({ role, state }) => role !== "leader" && state !== "live");
    return lacking && `${lacking.id} is ${lacking.state}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof SimulationError ? error.message : reasonOf(error);
  }
}
