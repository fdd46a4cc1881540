/** The members that NODES names. */
import { isIPv6 } from "node:net";
import { idSyntax } from "./ids.ts";
import { hostNameSyntax } from "./setting.ts";

/** One member of the cluster, as NODES names it. */
export interface MemberAddress {
  readonly id: string;
  /** Where other nodes reach it. An IPv6 address keeps its brackets, as `host:port` needs them. */
  readonly host: string;
  readonly grpcPort: number;
}

/** One item of NODES; undefined if it has another form. */
export function readMember(text: string): MemberAddress | undefined {
  const parts = /^\s*([^=\s]+)=(\[[^\]]+\]|[^:\s]+):([1-9]\d{0,4})\s*$/.exec(text);
  const [, id = "", host = "", port = ""] = parts ?? [];
  const goodHost = host.startsWith("[") ? isIPv6(host.slice(1, -1)) : hostNameSyntax.test(host);
  if (!idSyntax.test(id) || !goodHost || Number(port) > 65_535) return undefined;
  return { id, host, grpcPort: Number(port) };
}
