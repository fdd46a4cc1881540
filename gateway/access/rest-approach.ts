/** What the head of an HTTP request tells of its caller. */
import type { IncomingMessage } from "node:http";
import { readingMethods } from "../requests/methods.ts";
import { bearerOf } from "./bearer.ts";
import type { Approach, Credential } from "./caller.ts";

/** The cookie that holds the token of somebody who has logged in on the page. */
export const sessionCookie = "__Host-kv";

/** Reads the head alone. */
export const restApproach = (request: IncomingMessage): Approach => ({
  address: request.socket.remoteAddress ?? "",
  forwardedFor: forwardedFor(request),
  credential: credentialOf(request),
  connection: request.socket,
});

/** The token after `Bearer`, else the cookie. A header of another kind holds a token that nobody has. */
function credentialOf(request: IncomingMessage): Credential | undefined {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return { token: bearerOf(authorization), via: "token" };
  const token = cookie === undefined ? undefined : tokenIn(cookie);
  return token === undefined || !isOfOwnPage(request) ? undefined : { token, via: "cookie" };
}

/** The header that shows the caller's token to another member; none where the caller has shown none. */
export function carriedCredential(request: IncomingMessage): Readonly<Record<string, string>> {
  const credential = credentialOf(request);
  return credential === undefined ? {} : { authorization: `Bearer ${credential.token}` };
}

/**
 * Browsers send cookies by themselves, so a change needs a sign that this node's own page asks for it: an
 * Origin, which was checked before (`own-names.ts`), or what browsers say of where a request starts.
 */
function isOfOwnPage({ method = "", headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (readingMethods.has(method))
    return site === undefined || site === "same-origin" || site === "none";
  return site === undefined ? headers.origin !== undefined : site === "same-origin";
}

function tokenIn(cookies: string): string | undefined {
  for (const part of cookies.split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === sessionCookie && value !== undefined && value !== "") return value;
  }
  return undefined;
}

/** All that proxies say in their several headers, as one list. */
function forwardedFor({ headers }: IncomingMessage): string {
  const { forwarded, "x-forwarded-for": chain, "x-real-ip": from } = headers;
  if (forwarded === undefined && chain === undefined && from === undefined) return "";
  const said = [chain, from].flat();
  if (forwarded !== undefined) {
    const named = [...forwarded.matchAll(/\bfor=("[^"]*"|[^;,\s]*)/gi)].map(([, who]) => who);
    // A header that names nobody hides somebody.
    said.push(...(named.length === 0 ? ["unknown"] : named));
  }
  return said.filter((text) => text !== undefined).join(", ");
}
