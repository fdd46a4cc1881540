/** Real nodes in this process: memory storage, real gRPC between them, real gateways in front. */
import type { GatewayLog } from "../../gateway/context.ts";
import { type RunningNode, startNode } from "../../src/assemble.ts";
import type { Config } from "../../src/config/config.ts";
import type { TlsConfig } from "../../src/config/tls-settings.ts";
import type { KvNode } from "../../src/node/api.ts";
import type { Log } from "../../src/node/ports.ts";
import { findPorts } from "./ports.ts";

interface ClusterNode extends RunningNode {
  readonly config: Config;
}

export interface SmallCluster {
  readonly leader: ClusterNode;
  readonly followers: readonly ClusterNode[];
  close(): Promise<void>;
}

/** What a start, a write or a read may take on a machine with other work. */
const PATIENCE_MS = 120_000;

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const fatal = (reason: string) => {
  throw new Error(reason);
};

/** The same for all nodes, or for each by its id. */
type Settings = Partial<Config> | ((id: string) => Partial<Config>);

/** Starts a leader and its followers, and returns once every one of them is ready. */
export const startSmallCluster = async (
  given: {
    followers?: number;
    settings?: Settings;
    /** The certificates of each node. */
    tls?: (id: string) => Promise<TlsConfig>;
    pageDirectory?: string;
    log?: GatewayLog;
  } = {},
): Promise<SmallCluster> => {
  const { followers = 0, settings = {}, pageDirectory, log = silentLog } = given;
  const ids = ["leader", ...Array.from({ length: followers }, (_, i) => `follower${i + 1}`)];
  const ports = await findPorts(ids.length * 2);
  const nodes = ids.map((id, i) => ({ id, host: "127.0.0.1", grpcPort: ports[2 * i + 1] ?? 0 }));
  const secured = await Promise.all(ids.map((id) => given.tls?.(id)));
  const configs = ids.map((nodeId, index): Config => {
    const port = ports[2 * index] ?? 0;
    const tls = secured[index];
    const scheme = tls === undefined ? "http" : "https";
    return {
      ...{ nodeId, nodes, leader: "leader", port, grpcPort: nodes[index]?.grpcPort ?? 0 },
      ...{ host: "127.0.0.1", advertiseUrl: `${scheme}://127.0.0.1:${port}`, dataDir: "" },
      ...{ allowedHosts: [], clusterSecrets: [], tokensFile: "", admin: false },
      ...{ metricsPort: undefined, auditLog: "", auditWrites: false, tls, insecure: false },
      ...{ writeQuorum: followers, minDelay: 0, maxDelay: 0, timeout: PATIENCE_MS },
      ...{ idempotencySeconds: 600, idempotencyKeys: 100_000 },
      ...{ failover: false, electionTimeout: 5000, readLease: false, forwardWrites: false },
      ...{ logLevel: "silent", faults: false, controlUrl: "", logRetention: 1000 },
      ...(typeof settings === "function" ? settings(nodeId) : settings),
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
  const until = performance.now() + PATIENCE_MS;
  while (!node.status().ready) {
    if (performance.now() > until) throw new Error(`${node.id}: ${node.status().reasons.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
