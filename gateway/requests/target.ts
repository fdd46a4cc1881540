/** What a request asks for, before any route looks at it. */
import type { IncomingMessage } from "node:http";
import { type Failure, failureOf } from "../../src/errors.ts";
import { isBareMember, readMemberPath } from "../member-path.ts";

/**
 * Brings the target into the form `/path?query`: a whole URL loses its origin, and a path under
 * this node's own `/nodes/<id>` loses that prefix.
 */
export const normalizeTarget = (request: IncomingMessage, ownId: string): Failure | undefined => {
  const { url = "/" } = request;
  if (request.httpVersion === "1.1" && request.headers.host === undefined) {
    return failureOf("INVALID_ARGUMENT", "An HTTP/1.1 request must have a Host header.");
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
    if (path?.id === ownId && !isBareMember(request.url)) request.url = path.target;
  }
  return undefined;
};
