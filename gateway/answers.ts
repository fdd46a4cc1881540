/**
 * What a route returns. Routes make answers and `send` sends them: with both apart, each request gets
 * exactly one answer.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode, Failure } from "../src/errors.ts";
import type { KvNode } from "../src/node/api.ts";
import { problemStatus, problemText, problemType, retryAfterSeconds } from "./problems.ts";

/** A whole answer, ready to be sent. */
export interface Answer {
  readonly status: number;
  /** Of a refusal. */
  readonly code?: ErrorCode;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** The strong entity tag of exactly these bytes. */
  readonly tag?: string;
  /** The answer to HEAD whose GET would have a length that nobody has computed. */
  readonly isLengthUnknown?: boolean;
  /** The body is for this answer alone: its memory is freed once it is sent, before garbage is collected. */
  readonly isOwnBody?: boolean;
  /** Further headers: name, value, name, value … */
  readonly headers?: readonly string[];
  /** The content security policy. Absent: what an earlier handler has set, or `dataPolicy`. */
  readonly policy?: string;
  /** Absent: no-store. */
  readonly cacheControl?: string;
}

/** The content type of every ordinary answer. */
export const jsonType = "application/json";

/** 200 with JSON text, or its bytes, sent as it is. */
export const ok = (body: string | Buffer): Answer => ({ status: 200, contentType: jsonType, body });

/** 200 with a value as JSON. Name its type: it must be one that the OpenAPI document has. */
export const json = <T>(value: NoInfer<T>): Answer => ok(JSON.stringify(value));

/** The answer to OPTIONS. It grants nothing to pages of other origins. */
export const allowed = (allow: string): Answer => ({
  ...{ status: 204, contentType: "", body: "" },
  headers: ["Allow", allow],
});

/**
 * The answer for a failure, as a problem document (RFC 9457). `headers` are name, value, name, value …
 * `status` differs from that of the code where HTTP has a more precise one.
 */
export function refusal(
  failure: Failure,
  headers: readonly string[] = [],
  status = problemStatus(failure.code),
): Answer {
  const seconds = retryAfterSeconds(failure);
  const further = [...headers];
  if (seconds !== undefined) further.push("Retry-After", String(seconds));
  // RFC 9110 asks for it in every 401.
  if (failure.code === "UNAUTHENTICATED") further.push("WWW-Authenticate", "Bearer");
  const body = problemText(failure, status);
  return { status, code: failure.code, contentType: problemType, body, headers: further };
}

/** The headers that every answer of this node carries, as name, value, name, value … */
export const nodeHeaders = (node: KvNode): string[] => [
  "X-KV-Node",
  node.id,
  "X-KV-Role",
  node.role,
  "X-KV-Sequence",
  String(node.applied),
  "X-Content-Type-Options",
  "nosniff",
  "Cross-Origin-Resource-Policy",
  "same-origin",
];

export const policyHeader = "Content-Security-Policy";

/** For answers without a policy of their own: should a browser show one as a page, it can do nothing. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Sends a whole answer, unless the request has one already or its client is gone. */
export function send(
  { node, closing }: { readonly node: KvNode; readonly closing: boolean },
  response: ServerResponse<IncomingMessage>,
  answer: Answer,
): void {
  if (response.headersSent || response.destroyed) return;
  const headers = nodeHeaders(node);
  headers.push("Cache-Control", answer.cacheControl ?? "no-store");
  if (answer.policy !== undefined) headers.push(policyHeader, answer.policy);
  else if (!response.hasHeader(policyHeader)) headers.push(policyHeader, dataPolicy);
  if (answer.tag !== undefined) headers.push("ETag", answer.tag);
  if (answer.status !== 304 && answer.status !== 204) {
    headers.push("Content-Type", answer.contentType);
    if (answer.isLengthUnknown !== true)
      headers.push("Content-Length", String(Buffer.byteLength(answer.body)));
  }
  if (answer.headers !== undefined) headers.push(...answer.headers);
  if (closing) headers.push("Connection", "close");
  response.writeHead(answer.status, headers);
  response.end(answer.body);
}
