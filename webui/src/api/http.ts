/**
 * HTTP calls. The page calls its own node only; `/nodes/:id/…` there reaches the other nodes. A call
 * never throws: a refusal and a missing answer are values.
 */

import { pathTo } from "./place.ts";

/**
 * A refusal as an RFC 9457 document. The page adds codes for answers that are not from a node and say
 * nothing about a write: UNREACHABLE (no answer), ABORTED (the page cancelled the call), and
 * HTTP_<status> (the answer of another server, such as a proxy).
 */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly [member: string]: unknown;
}

/** `elapsedMs`: from the call to the whole answer, as this page measured it. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly elapsedMs: number }
  | { readonly ok: false; readonly problem: Problem; readonly elapsedMs: number };

export interface Request {
  readonly method?: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** JSON text, so that a value goes out digit for digit as it was typed. */
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Parses the body of a success; absent: `JSON.parse`. */
  readonly parse?: (text: string) => unknown;
}

let unauthenticated: () => void = () => {};
/** `run` is called when the node wants a token that the page does not have, or no longer. */
export const onUnauthenticated = (run: () => void): void => {
  unauthenticated = run;
};

let ownId = "";
/** Called when the greeting says which node serves this page. */
export const setOwnNode = (id: string): void => {
  ownId = id;
};

/** The address of a call on a node, seen from this page; empty: this page's own node. */
export function addressOf(path: string, node = ""): string {
  return node === "" || node === ownId ? path : `/nodes/${encodeURI(node)}${path}`;
}

/** Calls an address of the page's own node. The caller names the shape `T` of a success; it is not checked. */
export async function call<T>(address: string, request: Request = {}): Promise<Answer<T>> {
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  try {
    const response = await fetch(pathTo(address), init(request));
    const text = await response.text();
    if (response.ok) {
      return { ok: true, value: parse(text, request.parse) as T, elapsedMs: elapsed() };
    }
    const problem = problemOf(response, text);
    if (problem.code === "UNAUTHENTICATED" && address !== "/session") unauthenticated();
    return { ok: false, problem, elapsedMs: elapsed() };
  } catch (error) {
    if (request.signal?.aborted === true) return refused("ABORTED", "The call was cancelled.");
    const reason = error instanceof Error ? error.message : String(error);
    return refused("UNREACHABLE", `No answer from the node (${reason}).`);
  }
  function refused(code: string, detail: string): Answer<T> {
    const problem = { code, status: 0, title: "No answer", detail };
    return { ok: false, problem, elapsedMs: elapsed() };
  }
}

function init(request: Request): RequestInit {
  const made: RequestInit = { method: request.method ?? "GET", cache: "no-store" };
  if (request.signal !== undefined) made.signal = request.signal;
  if (request.body !== undefined) {
    made.body = request.body;
    made.headers = { "content-type": "application/json" };
  }
  return made;
}

function parse(text: string, read: (text: string) => unknown = JSON.parse): unknown {
  return text === "" ? undefined : read(text);
}

function problemOf(response: Response, text: string): Problem {
  const blank = {
    code: `HTTP_${response.status}`,
    status: response.status,
    title: response.statusText,
    detail: `The answer has status ${response.status} and is not from a node.`,
  };
  try {
    const document: unknown = JSON.parse(text);
    return isOurs(document) ? { ...blank, ...document } : blank;
  } catch {
    return blank;
  }
}

/** Only a node gives its refusals a type of this form. */
const isOurs = (document: unknown): document is Partial<Problem> =>
  typeof document === "object" &&
  document !== null &&
  "type" in document &&
  String(document.type).startsWith("urn:quorumkv:problem:");
