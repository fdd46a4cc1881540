/** Which addresses only this machine reaches. */
import { BlockList, isIP, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Whether other machines can reach what listens there. The host is an address or `localhost`. */
export function isBeyondLoopback(host: string): boolean {
  if (isIP(host) === 0) return host !== "localhost";
  return !loopback.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}
