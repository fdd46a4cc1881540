/**
 * Writes that a follower passes on to the leader, for clients that cannot choose a path: with FORWARD_WRITES=1, or
 * where the client asks by `Prefer: forward` (RFC 7240). They take the way of /nodes/@leader/….
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { leaderId } from "./requests/target.ts";

/** Marks a call that another gateway forwards: no call passes through more than one. */
export const forwardedByHeader = "x-kv-forwarded-by";

const writeTargets: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["/write", new Set(["PUT", "DELETE"])],
  ["/write/batch", new Set(["POST"])],
]);

/** The preference by itself: a value is another preference; parameters mean nothing. */
const forward = /(?:^|,)[ \t]*forward[ \t]*(?:=[ \t]*""[ \t]*)?(?:;[^,]*)?(?:,|$)/i;

/** What decides on a write. */
interface Deciding {
  readonly node: { readonly id: string; readonly leader: string };
  readonly config: { readonly forwardWrites: boolean };
}

/** Directs a write that is to be forwarded to the leader. Must be called once the target is normal. */
export function directWrite(
  request: IncomingMessage,
  response: ServerResponse,
  { node, config }: Deciding,
): void {
  if (node.leader === node.id) return;
  const { headers, method = "", url = "" } = request;
  const isPreferred = asksToForward(headers["prefer"]);
  if (!isPreferred && !config.forwardWrites) return;
  if (headers[forwardedByHeader] !== undefined) return;
  const path = url.split("?", 1)[0] ?? "";
  if (writeTargets.get(path)?.has(method) !== true) return;
  request.url = `/nodes/${leaderId}${url}`;
  if (isPreferred) response.setHeader("Preference-Applied", "forward");
}

const asksToForward = (prefer: string | readonly string[] | undefined): boolean =>
  prefer !== undefined && forward.test([prefer].flat().join(","));
