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
import { untilLed, whoLeads } from "./who-leads.ts";

export interface ClusterOptions {
  /** 5 if absent. */
  readonly followers?: number;
  /** Keep data on disk, so that it survives a kill; else in memory. */
  readonly disk?: boolean;
  /** FAILOVER=1: any node may lead, and `leader` names the one that does when it can. */
  readonly failover?: boolean;
  /** Put a proxy on the link from the leader to each follower; with `failover` on all links, both ways. */
  readonly proxies?: boolean;
  /** Settings for every node, as in docs/configuration.md; some differ from there if absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings that differ between nodes, such as certificates; the directory is that of the cluster. */
  readonly envOf?: (id: string, directory: string) => Readonly<Record<string, string>>;
  readonly start?: StartOptions;
}

export interface Cluster {
  /** The node that LEADER names. */
  readonly leader: NodeProcess;
  readonly followers: readonly NodeProcess[];
  /** That node first. */
  readonly nodes: readonly NodeProcess[];
  readonly directory: string;
  node(id: string): NodeProcess;
  /** The link to a node from another, `leader` if absent. Only with `proxies`. */
  link(to: string, from?: string): TcpProxy;
  /** The running node that says it leads, in the highest epoch if several do. */
  whoLeads(): Promise<NodeProcess | undefined>;
  /** Waits until a node leads that is none of these. */
  untilLed(but?: readonly NodeProcess[]): Promise<NodeProcess>;
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
  const { failover = false, proxies = false } = options;
  const ids = ["leader", ...numbered(options.followers ?? 5)];
  const ports = await findPorts(ids.length * 2);
  const directory = mkdtempSync(join(tmpdir(), "kv-cluster-"));
  const places = ids.map((id, index) => ({
    id,
    port: ports[2 * index] ?? 0,
    grpcPort: ports[2 * index + 1] ?? 0,
  }));
  const proxied = proxies ? (failover ? ids : ids.slice(0, 1)) : [];
  const links = await startLinks(proxied, places);
  /** Where a node finds the members. */
  const membersFor = (from: string): string =>
    places
      .map(({ id, grpcPort }) => {
        const port = links.get(nameOf({ from, to: id }))?.port ?? grpcPort;
        return `${id}=${HOST}:${port}`;
      })
      .join(",");
  const nodes = places.map(({ id, port, grpcPort }) => {
    const dataDir = options.disk === true ? join(directory, id) : "";
    const env = {
      PATH: process.env["PATH"] ?? "",
      NODE_ID: id,
      NODES: membersFor(id),
      LEADER: "leader",
      FAILOVER: failover ? "1" : "0",
      // A busy machine elects nobody: silence is for tests that ask for it.
      ELECTION_TIMEOUT: "5000",
      TIMEOUT: "60000",
      PORT: String(port),
      GRPC_PORT: String(grpcPort),
      WRITE_QUORUM: String(Math.min(3, ids.length - 1)),
      DATA_DIR: dataDir,
      ...options.env,
      ...options.envOf?.(id, directory),
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

interface Way {
  readonly from: string;
  readonly to: string;
}

const nameOf = ({ from, to }: Way): string => `${from} to ${to}`;

/** A proxy for each link that one of these nodes opens. */
async function startLinks(
  froms: readonly string[],
  places: readonly { readonly id: string; readonly grpcPort: number }[],
): Promise<ReadonlyMap<string, TcpProxy>> {
  const links = new Map<string, TcpProxy>();
  for (const from of froms) {
    const others = places.filter(({ id }) => id !== from);
    const ports = await findPorts(others.length);
    for (const [index, { id, grpcPort }] of others.entries()) {
      const link = await startTcpProxy(ports[index] ?? 0, grpcPort);
      links.set(nameOf({ from, to: id }), link);
    }
  }
  return links;
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
    link: (to, from = "leader") => found(links.get(nameOf({ from, to }))),
    whoLeads: () => whoLeads(nodes),
    untilLed: (but) => untilLed(nodes, but),
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
