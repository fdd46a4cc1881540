/**
 * Turns the connections that a port accepts into ones that may be served: TLS with the certificate that is
 * in force, and plaintext as well while a cluster changes over.
 */
import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Log } from "../node/ports.ts";
import type { Credentials } from "./credentials.ts";
import { memberServerName } from "./member-name.ts";
import { RepeatedWarnings } from "./repeated-warnings.ts";

export interface SecurePort {
  /** Takes a connection as it was accepted. It is served once it speaks TLS, or is closed. */
  enter(raw: Socket): void;
  /** Why a certificate does not count that a peer, `address:port`, has shown or should have shown. */
  faultOf(peer: string): string | undefined;
  /** Closes the connections that are not served yet. */
  close(): void;
}

interface SecurePortOptions {
  readonly credentials: Credentials;
  /** The protocol that is spoken on it, as TLS names it. */
  readonly protocol: "h2" | "http/1.1";
  /** `raw`: the connection as it was accepted. */
  readonly serve: (socket: Socket, raw: Socket) => void;
  /** Answers and ends a connection that speaks plaintext where TLS is required. Absent: it is closed. */
  readonly refuse?: (socket: Socket) => void;
  readonly log: Log;
}

/** Milliseconds for a handshake, or for the first byte where plaintext is accepted too. */
const handshakeMsMax = 10_000;
const portNames = { h2: "gRPC port", "http/1.1": "REST port" } as const;
/** The first byte of a TLS connection: a record that holds a handshake. */
const handshakeRecord = 0x16;

/** Clients are asked for a certificate and need none: whoever serves a connection decides what it may do. */
export function createSecurePort({
  credentials,
  protocol,
  serve,
  refuse,
  log,
}: SecurePortOptions): SecurePort {
  /** Connections that are not served yet, by their addresses. */
  const waiting = new Map<string, Socket>();
  /** Of connections that are served without an accepted certificate. */
  const faults = new Map<string, string>();
  const warnings = new RepeatedWarnings(log);
  const server = createServer({
    ...credentials.client.options,
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMsMax,
    ALPNProtocols: [protocol],
    SNICallback: (name, use) => {
      const { context } = name === memberServerName ? credentials.member : credentials.client;
      use(null, context);
    },
  });
  credentials.onChange(() => server.setSecureContext(credentials.client.options));
  server.on("secureConnection", (socket: TLSSocket) => {
    const addresses = addressesOf(socket);
    const raw = waiting.get(addresses) ?? socket;
    waiting.delete(addresses);
    socket.allowHalfOpen = protocol === "http/1.1";
    if (!socket.authorized) noteFault(socket);
    serve(socket, raw);
  });
  server.on("tlsClientError", (error: Error & { code?: string }, socket) => {
    // Whoever just goes away may be a probe of the port.
    if (error.code !== "ECONNRESET") {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      const reason = /:SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message;
      warnings.warn({ peer, reason }, `${portNames[protocol]}: no TLS connection came about`);
    }
    socket.destroy();
  });

  const noteFault = (socket: TLSSocket): void => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    const isShown = socket.getPeerX509Certificate() !== undefined;
    const code = String(socket.authorizationError);
    faults.set(
      peer,
      isShown ? `its certificate is not accepted (${code})` : "it shows no certificate",
    );
    socket.once("close", () => faults.delete(peer));
  };
  const shakeHands = (raw: Socket): void => {
    // A client that refuses the certificate ends its side alone, and the handshake would wait for more.
    raw.allowHalfOpen = false;
    server.emit("connection", raw);
  };
  const listenFirst = (raw: Socket): void => {
    const giveUp = setTimeout(() => raw.destroy(), handshakeMsMax);
    const fail = () => raw.destroy();
    raw.once("error", fail);
    raw.once("close", () => clearTimeout(giveUp));
    raw.once("readable", () => {
      clearTimeout(giveUp);
      const first: Buffer | null = raw.read(1);
      // Closed again, without a word.
      if (first === null) return fail();
      raw.unshift(first);
      raw.off("error", fail);
      if (first[0] === handshakeRecord) return shakeHands(raw);
      waiting.delete(addressesOf(raw));
      if (credentials.permissive) serve(raw, raw);
      else refuse?.(raw);
    });
  };
  return {
    enter: (raw) => {
      const addresses = addressesOf(raw);
      waiting.set(addresses, raw);
      raw.once("close", () => {
        if (waiting.get(addresses) === raw) waiting.delete(addresses);
      });
      if (credentials.permissive || refuse !== undefined) listenFirst(raw);
      else shakeHands(raw);
    },
    faultOf: (peer) => faults.get(peer),
    close: () => {
      for (const raw of waiting.values()) raw.destroy();
    },
  };
}

/** The same for a connection and for the TLS on it. */
const addressesOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
