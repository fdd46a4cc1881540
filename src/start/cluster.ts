/** The local cluster: all node processes, started together and stopped in order. */
import { setTimeout as wait } from "node:timers/promises";
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

/** The leader goes first, so that its last writes still find their followers. */
const leaderHeadStartMs = 2000;
const patienceMs = 4500;

export function startCluster(
  nodes: readonly PlannedNode[],
  program: string,
  events: ChildEvents,
): LocalCluster {
  const children = nodes.map((node) => startChild(node, program, events));
  const ofRole = (role: PlannedNode["role"]) => children.filter(({ node }) => node.role === role);
  const stopAll = (some: readonly Child[]) => Promise.all(some.map((child) => child.stop()));

  async function close(): Promise<readonly string[]> {
    const killed: string[] = [];
    const givingUp = new AbortController();
    const lastResort = wait(patienceMs, undefined, { signal: givingUp.signal }).then(
      () => {
        for (const child of children) if (child.kill()) killed.push(child.node.id);
      },
      () => undefined,
    );
    const leaderStopped = stopAll(ofRole("leader"));
    const headStart = wait(leaderHeadStartMs, undefined, { signal: givingUp.signal });
    await Promise.race([leaderStopped, headStart]);
    await Promise.all([leaderStopped, stopAll(ofRole("follower"))]);
    givingUp.abort();
    await Promise.all([lastResort, headStart.catch(() => undefined)]);
    return killed;
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
