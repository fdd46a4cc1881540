/** What the launcher says, one line at a time. */
import type { PlannedNode } from "./plan.ts";

const idWidth = 10;
const levelNames: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

export const readyLine = (node: PlannedNode): string =>
  `${node.id.padEnd(idWidth)} ready at ${node.url}, gRPC ${node.grpcPort}`;

export function diedLine(
  node: PlannedNode,
  how: { readonly cause: string; readonly restartInMs: number },
): string {
  return (
    `${node.id.padEnd(idWidth)} died (${how.cause}) ` +
    `and starts again in ${how.restartInMs / 1000} s`
  );
}

/** A log line of a node for a person's eyes: its level and message where it is pino's JSON. */
export function logLine(node: PlannedNode, line: string): string {
  return `${node.id.padEnd(idWidth)} ${readable(line)}`;
}

function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const record: { level?: number; msg?: string; err?: { message?: string } } = JSON.parse(line);
    if (record.msg === undefined) return line;
    const cause = record.err?.message === undefined ? "" : `: ${record.err.message}`;
    return `${levelNames[record.level ?? 0] ?? "log"}: ${record.msg}${cause}`;
  } catch {
    return line;
  }
}

/** Said once, when every node is ready. */
export function invitation(leader: PlannedNode): string {
  return `
The page:  ${leader.url}/
A write:   curl -X PUT ${leader.url}/write -H 'content-type: application/json' -d '{"key":"greeting","value":"hello"}'
A read:    curl '${leader.url}/read?key=greeting'
Ctrl-C stops all nodes.
`;
}
