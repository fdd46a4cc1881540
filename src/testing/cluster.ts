/**
 * A whole cluster in this process, for tests of programs that use one: real nodes with memory for a
 * disk, real gRPC between them and real gateways in front, on free ports.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { type RunningNode, startNode } from "../assemble.ts";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import type { KvNode } from "../node/api.ts";
import type { Log } from "../node/ports.ts";
import type { ClusterOptions, TestCluster, TestNode } from "./index.d.mts";

const host = "127.0.0.1";
const nodesMax = 9;
/** Milliseconds; only a machine that does nothing else for minutes reaches it. */
const readyMsMax = 120_000;
const pollMs = 10;
/** How often other ports are tried where another program was faster. */
const attemptsMax = 5;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Starts the nodes, and resolves once each is ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { nodes: count = 3 } = options;
  if (!Number.isInteger(count) || count < 1 || count > nodesMax) {
    throw new RangeError(`nodes is ${count}, but must be a whole number from 1 to ${nodesMax}.`);
  }
  for (let attempt = 1; ; attempt += 1) {
    const configs = planned(count, options, await freePorts(count * 2));
    const started = await Promise.allSettled(configs.map(start));
    const running = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failure = started.find((each) => each.status === "rejected");
    if (failure === undefined) return ready(configs, running);
    await Promise.all(running.map((node) => node.close()));
    if (attempt === attemptsMax) throw failure.reason;
  }
}

/** The settings of each node, as its environment would give them. */
function planned(
  count: number,
  { writeQuorum = Math.floor(count / 2), env = {} }: ClusterOptions,
  ports: readonly number[],
): readonly Config[] {
  const ids = Array.from({ length: count }, (_, index) => `node${index + 1}`);
  const members = ids.map((id, index) => `${id}=${host}:${ports[count + index]}`).join(",");
  return ids.map((id, index) =>
    readConfig({
      WRITE_QUORUM: String(writeQuorum),
      ...env,
      ...{ NODE_ID: id, NODES: members, LEADER: "node1", HOST: host, DATA_DIR: "" },
      ...{ PORT: String(ports[index]), GRPC_PORT: String(ports[count + index]) },
    }),
  );
}

const start = (config: Config): Promise<RunningNode> =>
  startNode({
    config,
    log: silent,
    fatal: (reason) => {
      throw new Error(`${config.nodeId}: ${reason}`);
    },
  });

async function ready(
  configs: readonly Config[],
  running: readonly RunningNode[],
): Promise<TestCluster> {
  const nodes = running.map(
    ({ node, close }, index): TestNode => ({
      id: node.id,
      url: configs[index]?.advertiseUrl ?? "",
      get leads() {
        return node.role === "leader";
      },
      close,
    }),
  );
  const close = async () => {
    await Promise.all(running.map((each) => each.close()));
  };
  try {
    await Promise.all(running.map(({ node }) => untilReady(node)));
  } catch (error) {
    await close();
    throw error;
  }
  const endpoints = nodes.map(({ url }) => url);
  return { nodes, endpoints, close, [Symbol.asyncDispose]: close };
}

async function untilReady(node: KvNode): Promise<void> {
  const giveUpAt = performance.now() + readyMsMax;
  while (!node.status().ready) {
    if (performance.now() > giveUpAt) {
      throw new Error(`${node.id} is not ready: ${node.status().reasons.join("; ")}`);
    }
    await wait(pollMs);
  }
}

/** Ports that are free now, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) {
    server.listen({ port: 0, host });
    await once(server, "listening");
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports;
}
