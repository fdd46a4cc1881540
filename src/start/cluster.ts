/** The local cluster: all node processes, started together and stopped in order. */
import { processStopMsMax } from "../node/stopping.ts";
import type { ProcessAction, ProcessStates } from "../process-control.ts";
import { type Child, type ChildEvents, startChild } from "./child.ts";
import type { PlannedNode } from "./plan.ts";

/** A cluster whose processes are kept running. */
export interface LocalCluster {
  /** Resolves once every node was ready, or the cluster was closed before that. */
  readonly ready: Promise<void>;
  /** The process of a node; undefined while none runs. */
  pid(id: string): number | undefined;
  states(): ProcessStates;
  /** Does this with the process of a node. */
  act(id: string, action: ProcessAction): void;
  /** Stops all nodes. Resolves to the ids of those that were killed because they did not end in time. */
  close(): Promise<readonly string[]>;
  /** Kills every process at once. */
  kill(): void;
}

/** `patienceMs`: milliseconds that each process has to end by itself when the cluster is closed. */
export function startCluster(
  nodes: readonly PlannedNode[],
  program: string,
  events: ChildEvents,
  patienceMs: number = processStopMsMax,
): LocalCluster {
  const children = nodes.map((node) => startChild(node, program, events));
  const ofRole = (role: PlannedNode["role"]) => children.filter(({ node }) => node.role === role);

  /** Stops these at the same time, and returns the ids of those that were killed. */
  async function stopAll(some: readonly Child[]): Promise<readonly string[]> {
    const killed = await Promise.all(some.map((child) => child.stop(patienceMs)));
    return some.filter((_, index) => killed[index]).map(({ node }) => node.id);
  }

  async function close(): Promise<readonly string[]> {
    // The leader stops first, so that its last writes still reach their followers.
    const leaders = await stopAll(ofRole("leader"));
    return [...leaders, ...(await stopAll(ofRole("follower")))];
  }

  return {
    ready: Promise.all(children.map((child) => child.firstReady)).then(() => undefined),
    pid: (id) => children.find(({ node }) => node.id === id)?.pid,
    states: () => Object.fromEntries(children.map(({ node, state }) => [node.id, state])),
    act: (id, action) => children.find(({ node }) => node.id === id)?.act(action),
    close,
    kill() {
      for (const child of children) child.kill();
    },
  };
}
