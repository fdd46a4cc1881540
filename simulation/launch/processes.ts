/**
 * A cluster of our own: one process per node, free ports, temporary data. It is started once, and each
 * quorum is then set on the running leader. A new process compiles its code while it serves, which costs
 * the fastest quorum most: its writes come soonest after the start.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, patientTimeoutMs, type Target } from "../cluster.ts";
import { clusterSchema, type LiveConfig, liveConfigSchema } from "../http/answers.ts";
import { callJson } from "../http/client.ts";
import type { DelayRange } from "../theory/index.ts";
import { NodeProcess } from "./node-process.ts";
import { waitUntilReady } from "./readiness.ts";

/** The shape of the cluster. Delays are milliseconds. */
export interface ProcessesOptions {
  readonly followers: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly followerDelays: Readonly<Record<string, DelayRange>>;
}

const readyLimitMs = 120_000;
const leaderId = "leader";

/**
 * Nothing is started before the first `prepare`. `close` stops the nodes and deletes their
 * data.
 */
export async function createProcessesTarget(options: ProcessesOptions): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), "quorum-kv-sweep-"));
  const ids = [leaderId, ...followerIds(options.followers)];
  const ports = await freePorts(ids.length * 2);
  const members = ids.map((id, index) => ({
    id,
    port: ports[2 * index] ?? 0,
    grpcPort: ports[2 * index + 1] ?? 0,
  }));
  const delays = Object.values(options.followerDelays).map(({ maxDelayMs }) => maxDelayMs);
  const timeoutMs = patientTimeoutMs([options.maxDelay, ...delays]);
  let nodes: readonly NodeProcess[] = [];

  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    nodes = [];
  };
  // The nodes have process groups of their own, so a crash of ours would leave them running.
  const killAll = () => {
    for (const node of nodes) node.kill();
  };
  process.once("exit", killAll);

  const settingsOf = (member: (typeof members)[number], quorum: number) => ({
    NODE_ID: member.id,
    NODES: members.map(({ id, grpcPort }) => `${id}=127.0.0.1:${grpcPort}`).join(","),
    LEADER: leaderId,
    HOST: "127.0.0.1",
    PORT: String(member.port),
    GRPC_PORT: String(member.grpcPort),
    DATA_DIR: join(directory, member.id),
    WRITE_QUORUM: String(quorum),
    MIN_DELAY: String(options.minDelay),
    MAX_DELAY: String(options.maxDelay),
    TIMEOUT: String(timeoutMs),
    // The load itself may keep a leader silent for a while, and a pass in which it is replaced is lost.
    ELECTION_TIMEOUT: "5000",
    LOG_LEVEL: "warn",
  });

  return {
    description: `${ids.length} own processes`,
    prepare: async (quorum, signal) => {
      const starts = nodes.length === 0;
      if (starts) nodes = members.map((one) => new NodeProcess(one.id, settingsOf(one, quorum)));
      const asPlanned = clusterOf(members, { ...options, timeoutMs });
      await waitUntilReady({
        ...asPlanned,
        limitMs: readyLimitMs,
        signal,
        check: () => {
          for (const node of nodes) node.assertRunning();
        },
      });
      const cluster = await ledBy(asPlanned, signal);
      if (starts) await setFollowerDelays(cluster, options, signal);
      else await configure(cluster, { writeQuorum: quorum }, signal);
      return cluster;
    },
    close: async () => {
      await stop();
      process.off("exit", killAll);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** follower1 … followerN, as everywhere else. */
export const followerIds = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `follower${index + 1}`);

function clusterOf(
  members: readonly { id: string; port: number }[],
  { minDelay, maxDelay, followerDelays, timeoutMs }: ProcessesOptions & { timeoutMs: number },
): Cluster {
  const addressed = members.map(({ id, port }) => ({ id, url: `http://127.0.0.1:${port}` }));
  const [leader, ...followers] = addressed;
  const usual = { minDelayMs: minDelay, maxDelayMs: maxDelay };
  return {
    leader: leader ?? { id: leaderId, url: "" },
    followers: followers.map((follower) => ({
      ...follower,
      delay: followerDelays[follower.id] ?? usual,
    })),
    quorumPerWrite: false,
    timeoutMs,
  };
}

/** The same nodes, led by whoever leads. */
async function ledBy(planned: Cluster, signal: AbortSignal): Promise<Cluster> {
  const { leader } = await callJson(`${planned.leader.url}/cluster`, clusterSchema, { signal });
  const acting = planned.followers.find(({ id }) => id === leader);
  if (acting === undefined) return planned;
  const others = planned.followers.filter((follower) => follower !== acting);
  return {
    ...planned,
    leader: acting,
    followers: [{ ...planned.leader, delay: acting.delay }, ...others],
  };
}

/** Delays of single followers are not among a node's settings; a running leader takes them. */
async function setFollowerDelays(
  cluster: Cluster,
  { followerDelays }: ProcessesOptions,
  signal: AbortSignal,
): Promise<void> {
  if (Object.keys(followerDelays).length > 0) await configure(cluster, { followerDelays }, signal);
}

const configure = (
  { leader }: Cluster,
  body: Partial<LiveConfig>,
  signal: AbortSignal,
): Promise<LiveConfig> =>
  callJson(`${leader.url}/config`, liveConfigSchema, { method: "PATCH", body, signal });

/** Below the range from which the system takes ports for outgoing connections, such as those of the nodes. */
const portRange = { first: 20_000, count: 12_000 };

/** Ports that were free a moment ago, all different. Another process may still take one. */
async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = [];
  let at = Math.floor(Math.random() * portRange.count);
  for (let tried = 0; found.length < count && tried < portRange.count; tried += 1) {
    at = (at + 1) % portRange.count;
    const port = portRange.first + at;
    if (await isFree(port)) found.push(port);
  }
  return found;
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
  const isListening = await once(probe, "listening").then(
    () => true,
    () => false,
  );
  if (isListening) await once(probe.close(), "close");
  return isListening;
}
