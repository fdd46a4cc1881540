/** A proxy that serves one node below a path, and notes whatever else it is asked for. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface PathProxy {
  /** With the path, and a slash at the end. */
  readonly url: string;
  /** Requests for other paths. */
  readonly strays: readonly string[];
  close(): void;
}

/** `path` begins and ends with a slash. */
export async function startPathProxy(path: string, port: number): Promise<PathProxy> {
  const strays: string[] = [];
  const server = createServer((incoming, answer) => {
    const { url = "", method = "", headers } = incoming;
    if (!url.startsWith(path)) {
      strays.push(url);
      answer.writeHead(404).end();
      return;
    }
    const target = { port, host: "127.0.0.1", path: url.slice(path.length - 1) };
    const passed = request({ ...target, method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 0, response.rawHeaders);
      response.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    strays,
    close: () => server.close().closeAllConnections(),
  };
}
