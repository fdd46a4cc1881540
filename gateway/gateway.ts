/**
 * The REST gateway of one node: Express routes, event streams, calls forwarded to other members, and
 * the page. This file starts and closes the server, and bounds what a client may hold.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Config } from "../src/config/config.ts";
import { failureOf } from "../src/errors.ts";
import { createIntake, type Intake } from "../src/intake/intake.ts";
import type { KvNode } from "../src/node/api.ts";
import { PacedLog } from "../src/node/paced-log.ts";
import type { FaultControl } from "../src/node/ports.ts";
import { answersMsMax } from "../src/node/stopping.ts";
import type { Credentials } from "../src/tls/credentials.ts";
import type { Access } from "./access/access.ts";
import { restApproach } from "./access/rest-approach.ts";
import { refusal, send } from "./answers.ts";
import { createApp } from "./app.ts";
import { Compression } from "./compression.ts";
import type { Context, GatewayLog } from "./context.ts";
import { callOf } from "./endpoint.ts";
import { beginExchange, idleSince, usesSoFar } from "./exchanges.ts";
import { directWrite } from "./forwarded-writes.ts";
import type { Metrics } from "./metrics.ts";
import { createPeers } from "./peers.ts";
import { boundBodies } from "./requests/body.ts";
import { OwnNames } from "./requests/own-names.ts";
import { normalizeTarget } from "./requests/target.ts";
import { listenersOf, secure } from "./secure-server.ts";
import { answerClientError, answerConnect, isOver } from "./socket-errors.ts";
import { createEventStreams } from "./streams/event-streams.ts";
import { openLoopback } from "./sweeps/own-address.ts";
import { createSweeps } from "./sweeps/sweeps.ts";
import { createTurns } from "./turns.ts";
import { silenceMsMax } from "./unread.ts";

/** What a gateway needs; it closes none of it. */
interface GatewayOptions {
  readonly node: KvNode;
  readonly config: Config;
  /** Only with FAULTS=1. */
  readonly faults?: FaultControl | undefined;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly log: GatewayLog;
  /** Absent: the port speaks plaintext. */
  readonly credentials?: Credentials | undefined;
  /** The bounds of the whole node; absent: bounds of its own. */
  readonly intake?: Intake | undefined;
  /** The built page; absent: the one that belongs to this source. */
  readonly pageDirectory?: string | undefined;
}

/** A gateway that listens. */
export interface Gateway {
  /** Its URL as reached from this machine. */
  readonly url: string;
  readonly port: number;
  /**
   * Stops accepting connections, refuses further requests, ends event streams, and gives unfinished
   * answers a few seconds (`answersMsMax`). Close the node at the same time: it answers the writes
   * in progress.
   */
  close(): Promise<void>;
}

/** Bounds on what a slow or idle client may hold. */
const serverOptions = {
  /** Milliseconds for the head of a request. */
  headersTimeout: 15_000,
  /** Milliseconds for a whole request with its body. */
  requestTimeout: 60_000,
  /** Milliseconds that a connection may be idle between two requests. */
  keepAliveTimeout: 60_000,
  /** Milliseconds between two looks at these times. */
  connectionsCheckingInterval: 5_000,
  /** A percent-encoded key takes up to 3 KiB. */
  maxHeaderSize: 16 * 1024,
  /** `normalizeTarget` checks it, so that this refusal has the same form as all others. */
  requireHostHeader: false,
} as const;
/** A closing gateway answers what comes within so many milliseconds on a connection that waits for a request. */
const nextRequestMs = 100;

/** Rejects with one sentence that names the port if it cannot be opened. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { node, config, faults, access, metrics, log, credentials } = options;
  const { intake = createIntake() } = options;
  const peers = createPeers(credentials);
  const streams = createEventStreams(intake);
  const closers: (() => void | Promise<void>)[] = [];
  let closing = false;
  const context: Context = {
    node,
    config,
    faults,
    access,
    metrics,
    log,
    failures: new PacedLog(log, () => performance.now()),
    intake,
    streams,
    compression: new Compression(intake.answers),
    onClose: (run) => {
      closers.push(run);
    },
    get closing() {
      return closing;
    },
  };
  const sweeps = createSweeps({
    node,
    log,
    openAddress: async () =>
      isPlain(config) ? { url: localUrl(server, config), close() {} } : openLoopback(serveSocket),
  });
  const app = createApp(context, {
    peers,
    sweeps,
    pageDirectory: options.pageDirectory ?? builtPage,
  });
  /** Connections without a request so far. Node does not take them for idle. */
  const silent = new Set<Socket>();
  const names = new OwnNames(config);
  const takeTurns = createTurns(intake.requests);
  const logsRequests = log.isLevelEnabled?.("debug") === true;
  const serve: RequestListener = (request, response) => {
    silent.delete(request.socket);
    if (isOver(request.socket)) return;
    beginExchange(request, response);
    if (logsRequests) logWhenDone(log, request, response);
    takeTurns(response, () => {
      const fault = closing
        ? shuttingDown
        : (normalizeTarget(request, node) ?? names.objection(request));
      if (fault === undefined) {
        directWrite(request, response, context);
        app.serve(request, response);
        return;
      }
      const visit = access.admit(restApproach(request), "open", callOf(request));
      access.ended(visit, "open", fault.code);
      send(context, response, refusal(fault));
    });
  };
  const server = createServer({ ...serverOptions, ...app.messages }, serve);
  // RFC 9110 lets a server ignore unknown expectations; Node would answer without our headers.
  server.on("checkExpectation", serve);
  // A client that ends its side after its requests still gets their answers. The types lack the option.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.timeout = silenceMsMax;
  /** The connections after their TLS, by those before it; plain ones are not in it. */
  const served = new WeakMap<Socket, Socket>();
  server.on("connection", (socket: Socket, raw: Socket = socket) => {
    silent.add(socket);
    if (raw !== socket) served.set(raw, socket);
    boundBodies(socket, intake.requests);
    // A socket closes once. A listener for one time keeps 184 bytes more of each idle connection.
    socket.on("close", () => silent.delete(socket));
  });
  server.on("clientError", answerClientError(node));
  server.on("connect", answerConnect(node));
  const serveSocket = listenersOf(server);
  const secured = credentials && secure(server, credentials, log);
  // As they are accepted, before their TLS.
  server.on("connection", (socket: Socket) => {
    const since = usesSoFar();
    boundConnection(socket, intake, () => idleSince(served.get(socket) ?? socket, since));
  });
  await listen(server, config);
  server.on("error", (error) =>
    context.failures.error(
      error.message,
      { err: error },
      "REST gateway could not accept a connection; it keeps listening",
    ),
  );

  const { port } = server.address() as AddressInfo;
  return {
    url: localUrl(server, config),
    port,
    close: async () => {
      closing = true;
      sweeps.close();
      const closed = closeServer(server, silent);
      secured?.close();
      streams.close();
      const others = Promise.all(closers.map((run) => run()));
      await Promise.all([closed, others]);
      peers.close();
    },
  };
}

/**
 * One address may have all connections while nobody else wants any; a probe from another one always gets in, unless
 * all connections are from as many addresses and wait for answers.
 */
function boundConnection(
  socket: Socket,
  { restConnections }: Intake,
  idle: () => number | undefined,
): void {
  const cut = () => socket.destroy();
  const slot = restConnections.enter(socket.remoteAddress, cut, idle);
  if (slot === undefined) cut();
  else socket.on("close", () => slot.leave());
}

/** Where `npm run build` puts the page. */
const builtPage = fileURLToPath(new URL("../webui/dist", import.meta.url));

const shuttingDown = failureOf("SHUTTING_DOWN", "The node is shutting down; nothing was written.");

/** Logs the request once its answer is finished or its client is gone. */
function logWhenDone(
  log: GatewayLog,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): void {
  const startedAt = performance.now();
  response.once("close", () => {
    const ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
    const { statusCode: status, writableFinished: sent } = response;
    log.debug({ method, url, status, sent, ms }, "HTTP request ended");
  });
}

const listen = (server: Server, { port, host }: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (cause: Error & { code?: string }) => {
      const taken = cause.code === "EADDRINUSE";
      const reason = taken ? "another program listens there" : cause.message;
      reject(new Error(`REST port ${port} on ${host} cannot be opened: ${reason}`, { cause }));
    };
    server.once("error", refuse);
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off("error", refuse);
      resolve();
    });
  });

const isPlain = ({ tls }: Config): boolean => tls === undefined || tls.permissive;

const localUrl = (server: Server, config: Config): string =>
  `${isPlain(config) ? "http" : "https"}://${shownHost(config.host)}:${(server.address() as AddressInfo).port}`;

/** An address to connect to where the host is an address to bind. */
function shownHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** `silent`: connections that have carried no request yet. */
const closeServer = (server: Server, silent: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), answersMsMax);
    const closeIdle = server.closeIdleConnections.bind(server);
    // Node would call it at once, and a request that is on its way on such a connection would get no answer.
    server.closeIdleConnections = () => {};
    const closeUnused = () => {
      closeIdle();
      for (const socket of silent) socket.destroy();
    };
    // Immediates run after everything that has arrived was read.
    const sweep = setInterval(() => setImmediate(closeUnused), nextRequestMs);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      resolve();
    });
  });
