/** Which addresses only this machine reaches. */
import { isIP, isIPv4 } from "node:net";

/** Whether only a program on this machine can have this address. */
export function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return plain === "::1" || (plain.startsWith("127.") && isIPv4(plain));
}

/** Whether other machines can reach what listens there. The host is an address or `localhost`. */
export const isBeyondLoopback = (host: string): boolean =>
  isIP(host) === 0 ? host !== "localhost" : !isLoopback(host);
