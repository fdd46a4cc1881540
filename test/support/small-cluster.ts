/** Real nodes in this process: memory storage, real gRPC between them, real gateways in front. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { performance } from "node:perf_hooks";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import { createMetrics } from "../../gateway/metrics.ts";
import type { Config } from "../../src/config.ts";
import type { KvNode } from "../../src/node/api.ts";
import { createNode } from "../../src/node/node.ts";
import type { Clock, Log } from "../../src/node/ports.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { createDelayedNetwork } from "../../src/transport/delayed.ts";
import { createFaultyNetwork } from "../../src/transport/faulty.ts";
import { createGrpcServer } from "../../src/transport/server.ts";

export interface RunningNode {
  readonly config: Config;
  readonly node: KvNode;
  readonly gateway: Gateway;
  close(): Promise<void>;
}

export interface SmallCluster {
  readonly leader: RunningNode;
  readonly followers: readonly RunningNode[];
  close(): Promise<void>;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  defer: (run) => {
    setImmediate(run);
  },
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
      ...{ logLevel: "silent", faults: false, logRetention: 1000, ...settings },
    };
  });
  const running = await Promise.all(
    configs.map((config) => startNode(config, { log, pageDirectory })),
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

const startNode = async (
  config: Config,
  { log, pageDirectory }: { log: Log; pageDirectory: string | undefined },
): Promise<RunningNode> => {
  const server = createGrpcServer({ config, log });
  const delayed = createDelayedNetwork({
    network: server.network,
    clock: systemClock,
    random: Math.random,
  });
  const faulty = config.faults
    ? createFaultyNetwork({ network: delayed.network, clock: systemClock })
    : undefined;
  const metrics = createMetrics();
  const node = createNode({
    config,
    storage: createMemoryStorage(),
    network: faulty?.network ?? delayed.network,
    delays: delayed.delays,
    clock: systemClock,
    observer: metrics.observer,
    log,
    incarnation: "test",
    fatal: (reason) => {
      throw new Error(reason);
    },
  });
  await server.serve(node);
  const gateway = await startGateway({
    ...{ node, config, metrics, log, pageDirectory, faults: faulty?.faults },
  });
  let closed: Promise<unknown> | undefined;
  const close = async () => {
    closed ??= Promise.all([gateway.close(), node.close()]).then(() => server.close());
    await closed;
    metrics.close();
  };
  return { config, node, gateway, close };
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
