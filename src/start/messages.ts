/** What the launcher prints; each line about a node starts with its id. */
import type { ProcessAction } from "../process-control.ts";
import type { PlannedNode } from "./plan.ts";

const idWidth = 10;

/** A node answers `/readyz` with 200. */
export const readyLine = (node: PlannedNode, pid: number): string =>
  `${node.id.padEnd(idWidth)} ready at ${node.url}, gRPC ${node.grpcPort}, pid ${pid}`;

/** The process of a node ended by itself. */
export function diedLine(
  node: PlannedNode,
  how: { readonly cause: string; readonly restartInMs: number },
): string {
  return (
    `${node.id.padEnd(idWidth)} died (${how.cause}) ` +
    `and starts again in ${how.restartInMs / 1000} s`
  );
}

/** Somebody asked for it on the page. */
export const askedLine = (id: string, action: ProcessAction): string =>
  `${id.padEnd(idWidth)} ${action}, asked for on the page`;

/** A line that a node printed. From a line of its JSON log, only level, message and reason are shown. */
export function logLine(node: PlannedNode, line: string): string {
  return `${node.id.padEnd(idWidth)} ${readable(line)}`;
}

/** The part of a log line that is shown. */
interface LogRecord {
  readonly level?: string;
  readonly msg?: string;
  readonly reason?: string;
  readonly err?: { readonly message?: string };
}

function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const { level, msg, reason, err }: LogRecord = JSON.parse(line);
    if (msg === undefined) return line;
    const cause = err?.message ?? reason;
    return `${level ?? "log"}: ${msg}${cause === undefined ? "" : `: ${cause}`}`;
  } catch {
    return line;
  }
}

/** Lines printed once, when every node is ready. With FAILOVER=1 the write goes to whoever leads by then. */
export function invitation(leader: PlannedNode): readonly string[] {
  const writeTo = leader.failover ? `${leader.url}/nodes/@leader` : leader.url;
  return [
    "",
    `The page:  ${leader.url}/`,
    `A write:   curl -X PUT ${writeTo}/write -H 'content-type: application/json' -d '{"key":"greeting","value":"hello"}'`,
    `A read:    curl '${writeTo}/read?key=greeting'`,
    "Ctrl-C stops all nodes.",
    "",
  ];
}
