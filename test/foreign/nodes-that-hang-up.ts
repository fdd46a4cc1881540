/** Three nodes that are ready, take every call, and close the connection in place of an answer. */
import { createServer } from "node:http";
import { findPorts } from "../support/ports.ts";

export interface NodesThatHangUp {
  readonly ports: readonly number[];
  /** How often a call reached one of them since this was asked last. */
  taken(): number;
  close(): void;
}

export async function nodesThatHangUp(): Promise<NodesThatHangUp> {
  const ports = await findPorts(3);
  let taken = 0;
  const servers = ports.map((port) =>
    createServer((request, response) => {
      if (request.url?.startsWith("/readyz") === true) {
        response.end();
        return;
      }
      // Once the body is here: a node may have carried it out.
      request.resume().once("end", () => {
        taken += 1;
        request.socket.destroy();
      });
    }).listen(port, "127.0.0.1"),
  );
  return {
    ports,
    taken: () => {
      const count = taken;
      taken = 0;
      return count;
    },
    close: () => {
      for (const server of servers) server.close().closeAllConnections();
    },
  };
}
