/**
 * The target of a request: its form, and which member a path under /nodes/ means. Every request comes
 * through here before any route sees it.
 */
import type { IncomingMessage } from "node:http";
import { type Failure, failureOf } from "../../src/errors.ts";

/** Stands for the id of the node that leads now. */
export const leaderId = "@leader";

/**
 * Brings the target into the form `/path?query`: a whole URL loses its origin, and a path under
 * `/nodes/<id>` of this very node loses that prefix, as does one under `/nodes/@leader` while this node
 * leads. INVALID_ARGUMENT where there is no such form.
 */
export function normalizeTarget(
  request: IncomingMessage,
  own: { readonly id: string; readonly leader: string },
): Failure | undefined {
  const { url = "/" } = request;
  if (request.httpVersion === "1.1" && request.headers.host === undefined) {
    return failureOf("INVALID_ARGUMENT", "An HTTP/1.1 request must have a Host header.");
  }
  // The parser keeps the first one; a proxy before this node may have read another.
  if (countOf("host", request.rawHeaders) > 1) {
    return failureOf("INVALID_ARGUMENT", "A request must have one Host header.");
  }
  if (url[0] !== "/") {
    const origin = /^https?:\/\/[^/?#]*/i.exec(url);
    if (origin === null) {
      return failureOf("INVALID_ARGUMENT", "The target of the request must be a path.");
    }
    const rest = url.slice(origin[0].length);
    request.url = rest[0] === "/" ? rest : `/${rest}`;
  }
  if (request.url?.startsWith("/nodes/")) {
    const path = readMemberPath(request.url);
    const meant = path?.id === leaderId ? own.leader : path?.id;
    if (path !== undefined && meant === own.id && !isBareMember(request.url))
      request.url = path.target;
  }
  return undefined;
}

/** How often a header was sent. `raw` is name, value, name, value … */
function countOf(name: string, raw: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const given = raw[at] ?? "";
    if (given.length === name.length && given.toLowerCase() === name) count += 1;
  }
  return count;
}

/** A call to another member. */
export interface MemberPath {
  /** As in the path; `leaderId` for the leader. */
  readonly id: string;
  /** The path and query on that member's gateway; starts with "/". */
  readonly target: string;
}

const shape = /^\/nodes\/([A-Za-z0-9_-]{1,64}|@leader|%40leader)(\/[^?#]*)?(\?[^#]*)?$/;
/** Encoded slashes and backslashes: another server might read them as a different path. */
const tricks = /\\|%2f|%5c/i;

/**
 * Undefined for anything that is not plainly a path on one member: dot segments, encoded slashes,
 * empty segments, and a second /nodes/, so that no request passes through more than one proxy.
 */
export function readMemberPath(url: string): MemberPath | undefined {
  const match = shape.exec(url);
  if (match === null) return undefined;
  const [, id = "", path = "/", query = ""] = match;
  if (tricks.test(path) || path.includes("//")) return undefined;
  const segments = path.split("/").map((segment) => segment.replaceAll(/%2e/gi, "."));
  if (segments.includes(".") || segments.includes("..")) return undefined;
  return isNodes(segments[1]) ? undefined : { id: id.replace("%40", "@"), target: path + query };
}

/** Whether the URL names a member alone, without a slash behind its id. */
export const isBareMember = (url: string): boolean => /^\/nodes\/[^/?#]+(?:[?#]|$)/.test(url);

/** Whether the member would forward such a path itself; text that cannot be decoded counts as such. */
function isNodes(segment: string | undefined): boolean {
  try {
    return decodeURIComponent(segment ?? "").toLowerCase() === "nodes";
  } catch {
    return true;
  }
}
