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

/** The part of an address that one client keeps: an IPv6 client has a whole /64 to choose from. */
export function clientOf(address: string): string {
  if (!isIPv6(address) || address.startsWith("::ffff:")) return address;
  // `URL` writes addresses in one form; the zone of a link-local one is not part of it.
  const whole = new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
  const [head = "", tail] = whole.split("::");
  const groups = head === "" ? [] : head.split(":");
  const missing =
    tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  const filled = [
    ...groups,
    ...Array.from({ length: missing }, () => "0"),
    ...(tail ?? "").split(":"),
  ];
  return `${filled.slice(0, 4).join(":")}::/64`;
}
