/** Whom the address of a connection stands for. */
import { isIPv6 } from "node:net";

/** The part of an address that one client keeps: an IPv6 client has a whole /64 to choose from. */
export function clientOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  // `URL` writes addresses in one form; the zone of a link-local one is not part of it.
  const whole = new URL(`http://[${plain.replace(/%.*$/, "")}]`).hostname.slice(1, -1);
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
