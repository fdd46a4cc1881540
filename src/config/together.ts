/** Settings that are judged by others. */
import { quorumFault } from "../node/quorum.ts";
import type { Config } from "./config.ts";
import { ConfigError, quoted, refusal } from "./refusals.ts";

/** Checks settings against each other, such as LEADER against the ids in NODES. */
export function checkTogether(config: Config, nodesText: string): void {
  const ids = config.nodes.map((member) => member.id);
  const addresses = config.nodes.map((member) => `${member.host}:${member.grpcPort}`);
  const repeated = firstRepeated(ids) ?? firstRepeated(addresses);
  if (repeated !== undefined) {
    throw new ConfigError(
      `NODES is ${quoted(nodesText)}, but must name each id and address once; ` +
        `${quoted(repeated)} is repeated.`,
    );
  }
  const known = `one of the ids in NODES: ${ids.join(", ")}`;
  if (!ids.includes(config.nodeId)) throw refusal("NODE_ID", config.nodeId, known);
  if (!ids.includes(config.leader)) throw refusal("LEADER", config.leader, known);
  if (config.readLease && !config.failover)
    throw refusal(
      "READ_LEASE",
      "1",
      "0 while FAILOVER is 0: nobody else can lead, and reads ask nobody",
    );
  const { tls, advertiseUrl } = config;
  if (tls !== undefined && !tls.permissive && !/^https:/i.test(advertiseUrl))
    throw refusal(
      "ADVERTISE_URL",
      advertiseUrl,
      "an https:// URL: this node speaks nothing but TLS",
    );
  const fault = quorumFault(config.writeQuorum, ids.length - 1);
  if (fault !== undefined)
    throw refusal("WRITE_QUORUM", String(config.writeQuorum), `${fault} in NODES`);
  if (config.minDelay > config.maxDelay) {
    const range = `at most MAX_DELAY, which is ${config.maxDelay}`;
    throw refusal("MIN_DELAY", String(config.minDelay), range);
  }
}

const firstRepeated = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);
