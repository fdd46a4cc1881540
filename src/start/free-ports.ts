/** Finds ports that somebody else listens on, before anything starts. */
import { createServer } from "node:net";
import type { PlannedNode } from "./plan.ts";

const host = "127.0.0.1";

/** The system's error code if the port cannot be listened on, such as EADDRINUSE. */
function obstacle(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** One sentence that names the first port that cannot be had; undefined when all are free. */
export async function portTrouble(nodes: readonly PlannedNode[]): Promise<string | undefined> {
  const wanted = nodes.flatMap((node) => [
    { port: node.port, use: `REST of ${node.id}` },
    { port: node.grpcPort, use: `gRPC of ${node.id}` },
  ]);
  for (const { port, use } of wanted) {
    const code = await obstacle(port);
    if (code === undefined) continue;
    const trouble = code === "EADDRINUSE" ? "is taken" : `cannot be used (${code})`;
    return `Port ${port} (${use}) ${trouble}; free it, or choose others with --base-port.`;
  }
  return undefined;
}
