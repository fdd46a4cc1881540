/**
 * The parts of one node: storage, network, node, gRPC port and REST gateway. They are started in this
 * order and closed in the opposite one.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { openAccess } from "../gateway/access/open-access.ts";
import type { GatewayLog } from "../gateway/context.ts";
import { type Gateway, startGateway } from "../gateway/gateway.ts";
import { boundCalls } from "../gateway/grpc/bounded-calls.ts";
import { publicServices } from "../gateway/grpc/public-services.ts";
import { createMetrics } from "../gateway/metrics.ts";
import { startMetricsPort } from "../gateway/metrics-port.ts";
import { systemClock } from "./clock.ts";
import type { Config } from "./config/config.ts";
import { createIntake } from "./intake/intake.ts";
import type { KvNode } from "./node/api.ts";
import { otherIds } from "./node/options.ts";
import type { Storage } from "./node/ports.ts";
import { createNode } from "./node/roles/create-node.ts";
import { openDiskStorage } from "./storage/disk/disk.ts";
import { createMemoryStorage } from "./storage/memory/memory.ts";
import { openCredentials } from "./tls/credentials.ts";
import { createDelayedNetwork } from "./transport/delayed.ts";
import { createFaultyNetwork } from "./transport/faulty.ts";
import { createGrpcServer } from "./transport/server.ts";

/** A node that serves on both ports. */
export interface RunningNode {
  readonly node: KvNode;
  readonly gateway: Gateway;
  /** Undefined without METRICS_PORT. */
  readonly metricsPort: number | undefined;
  /** Answers the requests in progress, flushes, and frees every port and file. Safe to call twice. */
  close(): Promise<void>;
}

/** What the process provides. */
interface Assembly {
  readonly config: Config;
  readonly log: GatewayLog;
  /** Called when the node must not go on: see NodeOptions. */
  readonly fatal: (reason: string) => void;
  /** The folder of the built page; absent: the one of this repository. */
  readonly pageDirectory?: string | undefined;
}

/**
 * Starts a node. Rejects with one sentence when a port is taken or the data folder cannot be used;
 * whatever was started by then is closed again.
 */
export async function startNode({
  config,
  log,
  fatal,
  pageDirectory,
}: Assembly): Promise<RunningNode> {
  const clock = systemClock;
  const { tls, nodeId } = config;
  const credentials = tls && (await openCredentials({ tls, nodeId }, log));
  const others = otherIds(config);
  const intake = createIntake();
  const metrics = createMetrics({ others, intake, secondsLeft: credentials?.secondsLeft });
  const opened = await openAccess({ config, log, clock, figures: metrics }).catch(
    (error: unknown) => {
      credentials?.close();
      throw error;
    },
  );
  const storage = await openStorage({ config, log, fatal }).catch(async (error: unknown) => {
    credentials?.close();
    await opened.close();
    throw error;
  });
  const interceptors = [boundCalls(intake)];
  const server = createGrpcServer({ config, log, intake, interceptors, credentials });
  const delayed = createDelayedNetwork({ network: server.network, clock, random: Math.random });
  const faulty = config.faults
    ? createFaultyNetwork({ network: delayed.network, clock })
    : undefined;
  const node = createNode({
    config,
    storage,
    network: faulty?.network ?? delayed.network,
    delays: delayed.delays,
    clock,
    random: Math.random,
    observer: metrics.observer,
    log,
    incarnation: randomUUID(),
    freshClusterId: randomBytes(16).toString("hex"),
    fatal,
  });
  const closeParts = async (...edges: readonly { close(): Promise<void> }[]) => {
    // Until then the gateway serves: a leader's clients are told who leads next.
    await node.retire();
    await Promise.all([...edges, node].map((part) => part.close()));
    await server.close();
    await storage.close();
    metrics.close();
    credentials?.close();
    await opened.close();
  };
  const edges: { close(): Promise<void> }[] = [];
  try {
    await server.serve(
      publicServices({ node, followers: others.length, log, intake, access: opened.access }),
    );
    const gateway = await startGateway({
      node,
      config,
      faults: faulty?.faults,
      access: opened.access,
      metrics,
      log,
      intake,
      credentials,
      pageDirectory,
    });
    edges.push(gateway);
    const { metricsPort: wanted } = config;
    const metricsPort =
      wanted === undefined
        ? undefined
        : await startMetricsPort({ port: wanted, node, config, metrics });
    if (metricsPort !== undefined) edges.push(metricsPort);
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= closeParts(...edges);
      return closed;
    };
    return { node, gateway, metricsPort: metricsPort?.port, close };
  } catch (error) {
    await closeParts(...edges);
    throw error;
  }
}

const openStorage = async ({
  config: { dataDir },
  log,
  fatal,
}: Pick<Assembly, "config" | "log" | "fatal">): Promise<Storage> =>
  dataDir === ""
    ? createMemoryStorage()
    : openDiskStorage({
        directory: dataDir,
        warn: (reason) => log.warn({ reason }, "the data is not closed to other users"),
        damaged: fatal,
      });
