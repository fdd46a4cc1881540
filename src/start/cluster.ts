/** The local cluster: all node processes, started together and stopped in order. */
import { processStopMsMax } from "../node/stopping.ts";
import { type Child, type ChildEvents, startChild } from "./child.ts";
import type { PlannedNode } from "./plan.ts";

export interface LocalCluster {
  /** Settles when every node was ready once, or when the cluster was closed before. */
  readonly ready: Promise<void>;
  /** Of a node's process, if it runs now. */
  pid(id: string): number | undefined;
  /** Resolves with the ids of the nodes that had to be killed because they did not end in time. */
  close(): Promise<readonly string[]>;
  /** Ends every process at once. */
  kill(): void;
}

export function startCluster(
  nodes: readonly PlannedNode[],
  program: string,
  events: ChildEvents,
  patienceMs: number = processStopMsMax,
): LocalCluster {
  const children = nodes.map((node) => startChild(node, program, events));
  const ofRole = (role: PlannedNode["role"]) => children.filter(({ node }) => node.role === role);

  /** The ids of those that had to be killed. */
  async function stopAll(some: readonly Child[]): Promise<readonly string[]> {
    const killed = await Promise.all(some.map((child) => child.stop(patienceMs)));
    return some.filter((_, index) => killed[index]).map(({ node }) => node.id);
  }

  async function close(): Promise<readonly string[]> {
    // The leader goes first, so that its last writes still find their followers.
    const leaders = await stopAll(ofRole("leader"));
    return [...leaders, ...(await stopAll(ofRole("follower")))];
  }

  return {
    ready: Promise.all(children.map((child) => child.firstReady)).then(() => undefined),
    pid: (id) => children.find(({ node }) => node.id === id)?.pid,
    close,
    kill() {
      for (const child of children) child.kill();
    },
  };
}
