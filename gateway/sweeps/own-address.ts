/** Where a sweep, which runs on this machine, reaches this gateway. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Usable until it is closed. */
export interface OwnAddress {
  readonly url: string;
  close(): void;
}

/**
 * A port of loopback for the time of one sweep: a gateway with TLS shows a certificate for the names its
 * clients use, and a sweep measures the cluster rather than TLS. `serve` gets the connections.
 */
export async function openLoopback(serve: (socket: Socket) => void): Promise<OwnAddress> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
}
