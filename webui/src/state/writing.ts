/** Writes: how one is sent, and how the page learns what became of one whose outcome is unknown. */
import { type Answer, addressOf, call, type Problem } from "../api/http.ts";
import type { KeyEntry, NodeStatus, Receipt } from "../api/wire.ts";
import { callLeader, theLeader } from "./live.ts";
import { curlCredential } from "./session.ts";

export interface WriteOrder {
  readonly action: "put" | "delete";
  readonly key: string;
  /** JSON text of a put. */
  readonly value?: string;
  /** The node that is asked; empty: this page's own; `theLeader`: whichever node leads. */
  readonly target: string;
  /** Undefined: the quorum in force. */
  readonly quorum?: number | undefined;
  /** Undefined: the node's own `TIMEOUT`. */
  readonly timeoutMs?: number | undefined;
  /** The version that the key must still have; 0: the key must not exist. */
  readonly ifVersion?: number | undefined;
}

export type WriteOutcome =
  | { readonly type: "settled"; readonly receipt: Receipt; readonly elapsedMs: number }
  | { readonly type: "unknown"; readonly problem: Problem; readonly version: number }
  | { readonly type: "refused"; readonly problem: Problem };

/** Undefined where a text is JSON, else why it is not. */
export function jsonProblem(text: string): string | undefined {
  if (text.trim() === "") return "The value is empty. To store an empty value, write null.";
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The body as JSON text; the value goes in exactly as it was typed, so that it keeps its digits. */
function bodyOf(order: WriteOrder): string {
  const fields = [`"key":${JSON.stringify(order.key)}`];
  if (order.action === "put") fields.push(`"value":${order.value ?? "null"}`);
  for (const name of ["quorum", "timeoutMs", "ifVersion"] as const) {
    if (order[name] !== undefined) fields.push(`"${name}":${order[name]}`);
  }
  return `{${fields.join(",")}}`;
}

const methodOf = ({ action }: WriteOrder): "PUT" | "DELETE" =>
  action === "put" ? "PUT" : "DELETE";

/** Sends a write and waits for the node's answer, with the acks that it took. Does not throw. */
export async function send(order: WriteOrder): Promise<WriteOutcome> {
  const answer = await (order.target === theLeader ? sendToLeader(order) : sendOnce(order));
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

async function sendOnce(order: WriteOrder): Promise<Answer<Receipt>> {
  const body = bodyOf(order).replace(/\}$/, ',"trace":true}');
  const request = { method: methodOf(order), body };
  return order.target === theLeader
    ? await callLeader("/write", request)
    : await call(addressOf("/write", order.target), request);
}

/** It takes a moment until a node notices that its leader is lost. */
const lossMsMax = 3000;
const retryAfterMs = 250;
/** Refusals that say that nothing was written, and that another node may lead by now. */
const leaderlessCodes: readonly string[] = ["NO_LEADER", "NOT_LEADER", "RECOVERING"];

/** Sends the write again while the leader cannot be reached, for a bounded time. */
async function sendToLeader(order: WriteOrder): Promise<Answer<Receipt>> {
  const endsAt = performance.now() + lossMsMax;
  for (;;) {
    const answer = await sendOnce(order);
    const isOver = answer.ok || !leaderlessCodes.includes(answer.problem.code);
    if (isOver || performance.now() > endsAt) return answer;
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
  }
}

/** The same write as a command for a POSIX shell. `urlTo` makes a URL of an address. */
export function asCurl(order: WriteOrder, urlTo: (address: string) => string): string {
  const body = bodyOf(order).replaceAll("'", "'\\''");
  const address = urlTo(addressOf("/write", order.target));
  return `curl -X ${methodOf(order)} ${curlCredential()}${address} -H 'content-type: application/json' -d '${body}'`;
}

const ownVersionsMax = 500;
const ownVersions = new Set<number>();

function noteOwnWrite(version: number): void {
  ownVersions.add(version);
  const [oldest] = ownVersions;
  if (ownVersions.size > ownVersionsMax && oldest !== undefined) ownVersions.delete(oldest);
}

/** Whether this page wrote that version, so that it is not taken for somebody else's. */
export const isOwnWrite = (version: number): boolean => ownVersions.has(version);

export type Resolution =
  | { readonly type: "waiting" }
  /** The entry is part of the log for good. */
  | { readonly type: "settled" }
  /** A later leadership does not have the entry. */
  | { readonly type: "dropped" }
  /** The key has been written again since, which hides whether the entry settled. */
  | { readonly type: "overtaken"; readonly by: number };

interface UnknownWrite {
  readonly key: string;
  readonly version: number;
  /** The epoch in which it was sent. */
  readonly epoch: number;
  readonly deleted: boolean;
}

/**
 * What became of a write whose outcome was unknown. In the same epoch it has settled once the leader's
 * committed sequence has reached it; in a later epoch only the key itself can tell.
 */
export async function resolve(write: UnknownWrite, leader: string): Promise<Resolution> {
  const status = await call<NodeStatus>(addressOf("/status", leader));
  if (!status.ok || status.value.committed < write.version) {
    const recovered = status.ok && status.value.epoch > write.epoch && status.value.ready;
    return recovered ? { type: "dropped" } : { type: "waiting" };
  }
  if (status.value.epoch === write.epoch) return { type: "settled" };
  const read = await call<KeyEntry>(
    `${addressOf("/read", leader)}?key=${encodeURIComponent(write.key)}`,
  );
  if (read.ok && read.value.version === write.version) return { type: "settled" };
  if (read.ok && read.value.version > write.version) {
    return { type: "overtaken", by: read.value.version };
  }
  if (!read.ok && read.problem.code === "KEY_NOT_FOUND") {
    return { type: write.deleted ? "settled" : "dropped" };
  }
  return { type: read.ok ? "dropped" : "waiting" };
}
