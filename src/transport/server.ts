import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from "@grpc/grpc-js";
import type { Config } from "../config.ts";
import type { KvNode } from "../node/api.ts";
import type { Log, Network } from "../node/ports.ts";
import { callsMsMax } from "../node/stopping.ts";
import { addHealth } from "./health.ts";
import { kvDefinition } from "./kv/definition.ts";
import { createKvService } from "./kv/service.ts";
import { GrpcNetwork, hostAndPort } from "./network.ts";
import { serverOptions } from "./options.ts";
import { addReflection } from "./reflection.ts";
import { replicationService } from "./replication-service.ts";

export interface GrpcServer {
  /** Usable at once; streams to this node are taken once it serves. */
  readonly network: Network;
  /** Opens the port. Rejects with one sentence that names the port if it is taken. */
  serve(node: KvNode): Promise<{ readonly port: number }>;
  /** Ends every call and dial; those under way get half a second. Safe to call twice. */
  close(): Promise<void>;
}

export interface GrpcServerOptions {
  readonly config: Pick<Config, "nodes" | "host" | "grpcPort">;
  readonly log: Log;
}

/** One port for everything gRPC: replication between nodes, and the public service. */
export const createGrpcServer = ({ config, log }: GrpcServerOptions): GrpcServer => {
  // The library would write to stderr by itself; what matters arrives as errors and statuses.
  setLogVerbosity(logVerbosity.NONE);
  const network = new GrpcNetwork({ nodes: config.nodes, log });
  const server = new Server(serverOptions);
  server.addService(replicationService, {
    replicate: (call: Parameters<typeof network.accept>[0]) => network.accept(call),
  });
  let health: { close(): void } | undefined;
  return {
    network,
    serve: async (node) => {
      const followers = config.nodes.length - 1;
      server.addService(kvDefinition, createKvService({ node, followers, log }));
      addReflection(server);
      const port = await bind(server, config);
      health = addHealth(server, node);
      return { port };
    },
    close: async () => {
      health?.close();
      network.close();
      await shutDown(server);
    },
  };
};

const bind = (server: Server, { host, grpcPort }: GrpcServerOptions["config"]) =>
  new Promise<number>((resolve, reject) => {
    const address = hostAndPort(host, grpcPort);
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
      if (cause === null) return resolve(port);
      const taken = cause.message.includes("EADDRINUSE");
      const reason = taken ? "another program listens there" : cause.message;
      reject(new Error(`gRPC port ${grpcPort} on ${host} cannot be opened: ${reason}`, { cause }));
    });
  });

const shutDown = (server: Server) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, callsMsMax);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
