/** Puts TLS before an HTTP server. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Log } from "../src/node/ports.ts";
import type { Credentials } from "../src/tls/credentials.ts";
import { createSecurePort } from "../src/tls/secure-port.ts";
import { closeGently } from "./gentle-close.ts";

/** A server whose connections speak TLS. */
export interface Secured {
  /** Closes the connections that are not served yet. */
  close(): void;
}

/**
 * From now on the server serves connections when their TLS is finished. Must be called after all listeners
 * of connections were added.
 */
export function secure(server: Server, credentials: Credentials, log: Log): Secured {
  const serve = listenersOf(server);
  server.removeAllListeners("connection");
  const port = createSecurePort({ credentials, protocol: "http/1.1", serve, log, refuse: sayTls });
  server.on("connection", port.enter);
  return port;
}

/** What the server does with a connection, as of now. `raw`: as it was accepted, if that was before its TLS. */
export function listenersOf(server: Server): (socket: Socket, raw?: Socket) => void {
  const listeners = server.listeners("connection");
  return (socket, raw) => {
    for (const listener of listeners) listener.call(server, socket, raw);
  };
}

const body = "This port speaks TLS: use https://.\n";
const plaintextAnswer =
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
  `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

/** Tells a client that speaks plaintext. src/start/health.sh takes this answer for a sign of life. */
function sayTls(socket: Socket): void {
  socket.on("error", () => socket.destroy());
  socket.write(plaintextAnswer);
  closeGently(socket);
}
