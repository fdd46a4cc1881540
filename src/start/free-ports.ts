/** Finds out before anything starts whether all ports of the cluster can be used. */
import { createServer } from "node:net";
import type { PlannedNode } from "./plan.ts";

const host = "127.0.0.1";

/** The error code of the system if nothing can listen on the port, such as EADDRINUSE. */
function obstacle(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });
}

/** One sentence that names the first port that cannot be used; undefined when all are free. */
export async function findTakenPort(nodes: readonly PlannedNode[]): Promise<string | undefined> {
  const wanted = nodes.flatMap((node) => [
    { port: node.port, use: `REST of ${node.id}` },
    { port: node.grpcPort, use: `gRPC of ${node.id}` },
  ]);
  for (const { port, use } of wanted) {
    const code = await obstacle(port);
    if (code === undefined) continue;
    const reason = code === "EADDRINUSE" ? "is taken" : `cannot be used (${code})`;
    return `Port ${port} (${use}) ${reason}; free it, or choose others with --base-port.`;
  }
  return undefined;
}
