/**
 * The node's gRPC port. It carries the replication streams between nodes, and whatever further
 * services the caller adds to it, such as the public ones of `gateway/grpc`.
 */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerInterceptor,
  setLogVerbosity,
} from "@grpc/grpc-js";
import type { Config } from "../config/config.ts";
import { limitHeaders } from "../intake/grpc-calls.ts";
import { createIntake, type Intake } from "../intake/intake.ts";
import type { Log, Network } from "../node/ports.ts";
import { callsMsMax } from "../node/stopping.ts";
import { boundReplication } from "./bounded-replication.ts";
import { headerBytesMax, serverOptions } from "./channel-options.ts";
import { Connections } from "./connections.ts";
import { GrpcNetwork, hostAndPort } from "./network.ts";
import { replicationService } from "./replication-service.ts";

/** Services that share the port. `close` runs when the server closes, before its calls end. */
interface AddedServices {
  close(): void;
}

export interface GrpcServer {
  /** Usable at once; streams to this node are accepted once it serves. */
  readonly network: Network;
  /**
   * Adds further services, if any, and opens the port. Rejects with one sentence that names the
   * port if it cannot be opened.
   */
  serve(addServices?: (server: Server) => AddedServices): Promise<{ readonly port: number }>;
  /** Ends every call and dial; calls in progress get half a second. Safe to call twice. */
  close(): Promise<void>;
}

interface GrpcServerOptions {
  readonly config: Pick<Config, "nodes" | "host" | "grpcPort">;
  readonly log: Log;
  /** The bounds of the whole node; absent: bounds of its own. */
  readonly intake?: Intake;
  /** Bounds the calls of the services that are added. */
  readonly interceptors?: readonly ServerInterceptor[];
}

/** A server that does not listen yet: see `serve`. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { config, log, intake = createIntake(), interceptors = [] } = options;
  // The library would write to stderr itself; all errors reach our own code as well.
  setLogVerbosity(logVerbosity.NONE);
  const network = new GrpcNetwork({ nodes: config.nodes, log });
  const connections = new Connections(intake.connections);
  const bounds = [connections.interceptor, boundReplication(), ...interceptors];
  const server = new Server({ ...serverOptions, interceptors: bounds });
  limitHeaders(server, headerBytesMax);
  server.addService(replicationService, {
    replicate: (call: ServerDuplexStream<Buffer, Buffer>) => network.accept(call),
  });
  let added: AddedServices | undefined;
  return {
    network,
    serve: async (addServices) => {
      added = addServices?.(server);
      const port = await bind(server, config);
      connections.watch(server);
      return { port };
    },
    close: async () => {
      added?.close();
      network.close();
      await shutDown(server);
    },
  };
}

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
