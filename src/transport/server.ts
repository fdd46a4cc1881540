/**
 * The node's gRPC port. It carries the replication streams between nodes, and whatever further
 * services the caller adds to it, such as the public ones of `gateway/grpc`.
 */
import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerInterceptor,
  setLogVerbosity,
} from "@grpc/grpc-js";
import type { Config } from "../config/config.ts";
import { limitHeaders, onAcceptError } from "../intake/grpc-calls.ts";
import { createIntake, type Intake } from "../intake/intake.ts";
import { PacedLog } from "../node/paced-log.ts";
import type { Log, Network } from "../node/ports.ts";
import { callsMsMax } from "../node/stopping.ts";
import type { Credentials } from "../tls/credentials.ts";
import { BoundedReplication } from "./bounded-replication.ts";
import { headerBytesMax, serverOptions } from "./channel-options.ts";
import { Connections } from "./connections.ts";
import { Handshake } from "./handshake.ts";
import { MemberAddresses } from "./member-addresses.ts";
import { GrpcNetwork, hostAndPort } from "./network.ts";
import { replicationService } from "./replication-service.ts";
import { MemberStreams } from "./security/member-streams.ts";
import { listenSecurely, type SecureListener } from "./security/secure-listener.ts";

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
  readonly config: Pick<Config, "nodes" | "host" | "grpcPort"> &
    Partial<Pick<Config, "nodeId" | "clusterSecrets">>;
  readonly log: Log;
  /** The bounds of the whole node; absent: bounds of its own. */
  readonly intake?: Intake;
  /** Bounds the calls of the services that are added. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** Absent: the port speaks plaintext. Not closed here. */
  readonly credentials?: Credentials | undefined;
}

/** A server that does not listen yet: see `serve`. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { config, log, intake = createIntake(), interceptors = [], credentials } = options;
  // The library would write to stderr itself; all errors reach our own code as well.
  setLogVerbosity(logVerbosity.NONE);
  const members = config.nodes.map(({ id }) => id);
  const security = credentials && new MemberStreams({ credentials, members, log });
  const { nodeId: id = "", clusterSecrets: secrets = [] } = config;
  const handshake = new Handshake({ id, secrets, log });
  const replication = new BoundedReplication({
    addresses: new MemberAddresses({
      hosts: config.nodes.map(({ host }) => host),
      lookup: (host) => lookup(host, { all: true }),
      now: () => performance.now(),
    }),
    provable: secrets.length > 0 || credentials?.permissive === false,
  });
  const network = new GrpcNetwork({
    ...{ nodes: config.nodes, log, security, handshake },
    proved: (call) => replication.proved(call.metadata),
  });
  const connections = new Connections(intake.connections);
  const bounds = [connections.interceptor, replication.interceptor, ...interceptors];
  // Such as a system without memory for it; whoever opens connections could cause one for each.
  const failures = new PacedLog(log, () => performance.now());
  const notAccepted = (error: Error) =>
    failures.error(
      error.message,
      { err: error },
      "gRPC port could not accept a connection; it keeps listening",
    );
  const server = new Server({ ...serverOptions, interceptors: bounds });
  limitHeaders(server, headerBytesMax);
  server.addService(replicationService, {
    replicate: (call: ServerDuplexStream<Buffer, Buffer>) => network.accept(call),
  });
  let added: AddedServices | undefined;
  let listener: SecureListener | undefined;
  return {
    network,
    serve: async (addServices) => {
      added = addServices?.(server);
      if (credentials === undefined || security === undefined) {
        const port = await bind(server, config);
        connections.watch(server);
        onAcceptError(server, notAccepted);
        return { port };
      }
      const accepted = (socket: Socket) => connections.opened(socket);
      const parts = { credentials, log, accepted, notAccepted };
      listener = await listenSecurely(server, parts, config).catch((cause: Error) => {
        throw cannotOpen(config, cause);
      });
      security.connections = listener.connections;
      return listener;
    },
    close: async () => {
      added?.close();
      network.close();
      listener?.close();
      await shutDown(server);
    },
  };
}

const bind = (server: Server, { host, grpcPort }: GrpcServerOptions["config"]) =>
  new Promise<number>((resolve, reject) => {
    const address = hostAndPort(host, grpcPort);
    server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
      if (cause === null) return resolve(port);
      reject(cannotOpen({ host, grpcPort }, cause));
    });
  });

const cannotOpen = ({ host, grpcPort }: { host: string; grpcPort: number }, cause: Error) => {
  const taken = cause.message.includes("EADDRINUSE");
  const reason = taken ? "another program listens there" : cause.message;
  return new Error(`gRPC port ${grpcPort} on ${host} cannot be opened: ${reason}`, { cause });
};

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
