/** Writes, and what becomes of one whose outcome is unknown. */
import { addressOf, call, type Problem } from "../api/http.ts";
import type { KeyEntry, NodeStatus, Receipt } from "../api/wire.ts";
import { noteOwnWrite } from "./own-writes.ts";

export interface WriteOrder {
  readonly action: "put" | "delete";
  readonly key: string;
  /** JSON text of a put. */
  readonly value?: string;
  /** The node that is asked; empty: this page's own. */
  readonly target: string;
  readonly quorum?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly ifVersion?: number | undefined;
}

export type WriteOutcome =
  | { readonly type: "settled"; readonly receipt: Receipt; readonly elapsedMs: number }
  | { readonly type: "unknown"; readonly problem: Problem; readonly version: number }
  | { readonly type: "refused"; readonly problem: Problem };

/** The body as JSON text; the value goes in as the editor holds it, digit for digit. */
export function bodyOf(order: WriteOrder): string {
  const members = [`"key":${JSON.stringify(order.key)}`];
  if (order.action === "put") members.push(`"value":${order.value ?? "null"}`);
  for (const name of ["quorum", "timeoutMs", "ifVersion"] as const) {
    if (order[name] !== undefined) members.push(`"${name}":${order[name]}`);
  }
  return `{${members.join(",")}}`;
}

export async function send(order: WriteOrder): Promise<WriteOutcome> {
  const answer = await call<Receipt>(addressOf("/write", order.target), {
    method: order.action === "put" ? "PUT" : "DELETE",
    body: bodyOf(order).replace(/\}$/, ',"trace":true}'),
  });
  if (answer.ok) {
    noteOwnWrite(answer.value.version);
    return { type: "settled", receipt: answer.value, elapsedMs: answer.elapsedMs };
  }
  const { problem } = answer;
  if (problem.code === "OUTCOME_UNKNOWN" && typeof problem["version"] === "number") {
    noteOwnWrite(problem["version"]);
    return { type: "unknown", problem, version: problem["version"] };
  }
  return { type: "refused", problem };
}

/** The same call for a terminal. */
export function asCurl(order: WriteOrder, origin: string): string {
  const method = order.action === "put" ? "PUT" : "DELETE";
  const body = bodyOf(order).replaceAll("'", "'\\''");
  const address = `${origin}${addressOf("/write", order.target)}`;
  return `curl -X ${method} ${address} -H 'content-type: application/json' -d '${body}'`;
}

export type Resolution =
  | { readonly type: "waiting" }
  /** The entry is part of the history. */
  | { readonly type: "settled" }
  /** A new reign went on without it. */
  | { readonly type: "dropped" }
  /** A later write of the same key hides which of the two it was. */
  | { readonly type: "overtaken"; readonly by: number };

/**
 * What became of a write whose outcome was unknown. While its reign lasts, it has settled once the
 * leader's committed mark passed it; after a new reign only the key itself can tell.
 */
export async function resolve(
  what: { key: string; version: number; epoch: number; deleted: boolean },
  leader: string,
): Promise<Resolution> {
  const status = await call<NodeStatus>(addressOf("/status", leader));
  if (!status.ok || status.value.committed < what.version) {
    const recovered = status.ok && status.value.epoch > what.epoch && status.value.ready;
    return recovered ? { type: "dropped" } : { type: "waiting" };
  }
  if (status.value.epoch === what.epoch) return { type: "settled" };
  const read = await call<KeyEntry>(
    `${addressOf("/read", leader)}?key=${encodeURIComponent(what.key)}`,
  );
  if (read.ok && read.value.version === what.version) return { type: "settled" };
  if (read.ok && read.value.version > what.version) {
    return { type: "overtaken", by: read.value.version };
  }
  if (!read.ok && read.problem.code === "KEY_NOT_FOUND") {
    return { type: what.deleted ? "settled" : "dropped" };
  }
  return { type: read.ok ? "dropped" : "waiting" };
}
