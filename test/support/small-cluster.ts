/** Real nodes in this process: memory storage, real gRPC between them, real gateways in front. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { type RunningNode, startNode } from "../../src/assemble.ts";
import type { Config } from "../../src/config.ts";
import type { KvNode } from "../../src/node/api.ts";
import type { Log } from "../../src/node/ports.ts";

interface ClusterNode extends RunningNode {
  readonly config: Config;
}

export interface SmallCluster {
  readonly leader: ClusterNode;
  readonly followers: readonly ClusterNode[];
  close(): Promise<void>;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const fatal = (reason: string) => {
  throw new Error(reason);
};

/** Starts a leader and its followers, and returns once every one of them is ready. */
export const startSmallCluster = async (
  given: { followers?: number; settings?: Partial<Config>; pageDirectory?: string; log?: Log } = {},
): Promise<SmallCluster> => {
  const { followers = 0, settings = {}, pageDirectory, log = silentLog } = given;
  const ids = ["leader", ...Array.from({ length: followers }, (_, i) => `follower${i + 1}`)];
  const ports = await freePorts(ids.length * 2);
  const nodes = ids.map((id, i) => ({ id, host: "127.0.0.1", grpcPort: ports[2 * i + 1] ?? 0 }));
  const configs = ids.map((nodeId, index): Config => {
    const port = ports[2 * index] ?? 0;
    return {
      ...{ nodeId, nodes, leader: "leader", port, grpcPort: nodes[index]?.grpcPort ?? 0 },
      ...{ host: "127.0.0.1", advertiseUrl: `http://127.0.0.1:${port}`, dataDir: "" },
      ...{ writeQuorum: followers, minDelay: 0, maxDelay: 0, timeout: 5000 },
      ...{ failover: false, electionTimeout: 1000, readLease: false },
      ...{ logLevel: "silent", faults: false, controlUrl: "", logRetention: 1000, ...settings },
    };
  });
  const running = await Promise.all(
    configs.map(async (config) => ({
      ...(await startNode({ config, log, pageDirectory, fatal })),
      config,
    })),
  );
  const [leader, ...rest] = running;
  if (leader === undefined) throw new Error("a cluster has a leader");
  await Promise.all(running.map(({ node }) => becomesReady(node)));
  return {
    leader,
    followers: rest,
    close: async () => {
      // The leader first, so that its writes under way still find their followers.
      await leader.close();
      await Promise.all(rest.map((each) => each.close()));
    },
  };
};

/** Looks again at each turn of the event loop in which the node tells something. */
const becomesReady = async (node: KvNode): Promise<void> => {
  const until = performance.now() + 20_000;
  while (!node.status().ready) {
    if (performance.now() > until) throw new Error(`${node.id}: ${node.status().reasons.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** All are held open until all are known, so that they differ. */
const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
};
