/** Whether a call comes from this machine. */
import { isIPv6 } from "node:net";
import { isLoopback } from "../../src/config/loopback.ts";
import type { Approach } from "./caller.ts";

/**
 * Whether the caller is on this machine, as far as can be known: its connection is, and no proxy in between
 * names another address. What proxies say can only take rights away, because anybody can write it.
 */
export function isFromThisMachine({
  address,
  forwardedFor,
}: Pick<Approach, "address" | "forwardedFor">): boolean {
  if (!isLoopback(address)) return false;
  if (forwardedFor === "") return true;
  return forwardedFor.split(",").every((entry) => isLoopback(bare(entry.trim())));
}

/** An address without quotes, brackets and port. */
function bare(entry: string): string {
  const text = entry.replace(/^"|"$/g, "");
  if (isIPv6(text)) return text;
  const [, address = ""] = /^\[?([^\]]*?)\]?(?::\d+)?$/.exec(text) ?? [];
  return address;
}
