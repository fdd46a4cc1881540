/**
 * A cluster of real processes: `src/main.ts` once per node, free ports, disks in a temporary folder.
 * Whatever happens to the test, no process and no folder outlives it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NodeProcess, type StartOptions } from "./node-process.ts";
import { findPorts } from "./ports.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface ClusterOptions {
  /** 5 if absent. */
  readonly followers?: number;
  /** Keep data on disk, so that it survives a kill; else in memory. */
  readonly disk?: boolean;
  /** Put a proxy on the link from the leader to each follower. */
  readonly proxies?: boolean;
  /** Settings for every node, as in docs/configuration.md. */
  readonly env?: Readonly<Record<string, string>>;
  readonly start?: StartOptions;
}

export interface Cluster {
  readonly leader: NodeProcess;
  readonly followers: readonly NodeProcess[];
  /** The leader first. */
  readonly nodes: readonly NodeProcess[];
  readonly directory: string;
  node(id: string): NodeProcess;
  /** The link from the leader to a follower. Only with `proxies`. */
  link(follower: string): TcpProxy;
  untilReady(): Promise<void>;
  /** The end of every node's log, for a test that failed. */
  logTails(lines?: number): string;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const running = new Set<() => void>();

process.on("exit", () => {
  for (const kill of running) {
    kill();
  }
});

/** Starts all nodes and waits until each says it is ready. Fails with their logs. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const ids = ["leader", ...numbered(options.followers ?? 5)];
  const ports = await findPorts(ids.length * 3);
  const directory = mkdtempSync(join(tmpdir(), "kv-cluster-"));
  const places = ids.map((id, index) => ({
    id,
    port: ports[3 * index] ?? 0,
    grpcPort: ports[3 * index + 1] ?? 0,
    proxyPort: ports[3 * index + 2] ?? 0,
  }));
  const isProxied = (id: string): boolean => options.proxies === true && id !== "leader";
  const members = places.map(({ id, grpcPort }) => `${id}=${HOST}:${grpcPort}`).join(",");
  const membersAsLeaderSees = places
    .map(({ id, grpcPort, proxyPort }) => `${id}=${HOST}:${isProxied(id) ? proxyPort : grpcPort}`)
    .join(",");

  const links = new Map<string, TcpProxy>();
  for (const { id, grpcPort, proxyPort } of places) {
    if (isProxied(id)) {
      links.set(id, await startTcpProxy(proxyPort, grpcPort));
    }
  }
  const nodes = places.map(({ id, port, grpcPort }) => {
    const dataDir = options.disk === true ? join(directory, id) : "";
    const env = {
      PATH: process.env["PATH"] ?? "",
      NODE_ID: id,
      NODES: id === "leader" ? membersAsLeaderSees : members,
      LEADER: "leader",
      PORT: String(port),
      GRPC_PORT: String(grpcPort),
      WRITE_QUORUM: String(Math.min(3, ids.length - 1)),
      DATA_DIR: dataDir,
      ...options.env,
    };
    return new NodeProcess({
      ...{ id, port, grpcPort, env, dataDir, logFile: join(directory, `${id}.log`) },
    });
  });
  const cluster = assemble({ nodes, links, directory });
  for (const node of nodes) {
    node.start(options.start);
  }
  try {
    await cluster.untilReady();
  } catch (error) {
    const logs = cluster.logTails();
    await cluster.close();
    throw new Error(`the cluster did not start\n${logs}`, { cause: error });
  }
  return cluster;
}

function assemble(parts: {
  readonly nodes: readonly NodeProcess[];
  readonly links: ReadonlyMap<string, TcpProxy>;
  readonly directory: string;
}): Cluster {
  const { nodes, links, directory } = parts;
  const [leader, ...followers] = nodes;
  if (leader === undefined) {
    throw new Error("a cluster has a leader");
  }
  const emergency = (): void => {
    for (const node of nodes) {
      node.killNow();
    }
    rmSync(directory, { recursive: true, force: true });
  };
  running.add(emergency);
  return {
    leader,
    followers,
    nodes,
    directory,
    node: (id) => found(nodes.find((node) => node.id === id)),
    link: (follower) => found(links.get(follower)),
    async untilReady() {
      await Promise.all(nodes.map((node) => node.untilReady()));
    },
    logTails: (lines) => nodes.map((node) => node.logTail(lines)).join("\n"),
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all([...links.values()].map((link) => link.close()));
      rmSync(directory, { recursive: true, force: true });
      running.delete(emergency);
    },
  };
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `follower${index + 1}`);

function found<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new Error("the cluster has no such part");
  }
  return value;
}
