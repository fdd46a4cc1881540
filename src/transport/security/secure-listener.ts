/** Opens the gRPC port with TLS. The library gets connections whose TLS is finished. */

import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";
import type { Log } from "../../node/ports.ts";
import type { Credentials } from "../../tls/credentials.ts";
import { createSecurePort, type SecurePort } from "../../tls/secure-port.ts";

export interface SecureListener {
  readonly port: number;
  readonly connections: SecurePort;
  close(): void;
}

interface SecureParts {
  readonly credentials: Credentials;
  readonly log: Log;
  /** Counts a connection, and closes it where there are too many. */
  readonly accepted: (socket: Socket) => void;
  /** A connection that could not be accepted, because the system has no memory for it, for example. */
  readonly notAccepted: (error: Error) => void;
}

/** Rejects with the error of the socket if the port cannot be opened. */
export async function listenSecurely(
  server: Server,
  { credentials, log, accepted, notAccepted }: SecureParts,
  { host, grpcPort }: { readonly host: string; readonly grpcPort: number },
): Promise<SecureListener> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const connections = createSecurePort({
    credentials,
    protocol: "h2",
    serve: (socket) => injector.injectConnection(socket),
    log,
  });
  const listener = createServer({ noDelay: true }, (raw) => {
    accepted(raw);
    if (!raw.destroyed) connections.enter(raw);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host, port: grpcPort }, () => {
      listener.off("error", reject);
      resolve();
    });
  });
  listener.on("error", notAccepted);
  return {
    port: (listener.address() as AddressInfo).port,
    connections,
    close: () => {
      listener.close();
      connections.close();
    },
  };
}
