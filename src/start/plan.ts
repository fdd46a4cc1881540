/** The nodes of the local cluster, and the settings of each. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readConfig } from "../config/read.ts";
import { grpcPortOffset, type StartOptions } from "./command-line.ts";

/** One node to start. */
export interface PlannedNode {
  readonly id: string;
  /** With FAILOVER=1 the leader is the leader of choice, and others may lead. */
  readonly role: "leader" | "follower";
  readonly failover: boolean;
  readonly port: number;
  readonly grpcPort: number;
  readonly url: string;
  /** The whole environment of its process. */
  readonly env: Readonly<Record<string, string>>;
}

const host = "127.0.0.1";

/** The first node takes the port given, and each other one the next. */
const portOf = (given: string | undefined, index: number): string =>
  given !== undefined && /^[1-9]\d*$/.test(given) ? String(Number(given) + index) : (given ?? "");

/**
 * The nodes, the leader first. Settings without an option, such as TIMEOUT, come from the surrounding
 * environment. Throws a ConfigError for a bad one, before anything runs.
 */
export function planCluster(
  options: StartOptions,
  surroundings: Readonly<Record<string, string | undefined>>,
): readonly PlannedNode[] {
  const ids = [
    "leader",
    ...Array.from({ length: options.followers }, (_, i) => `follower${i + 1}`),
  ];
  const members = ids.map((id, index) => ({
    id,
    role: index === 0 ? ("leader" as const) : ("follower" as const),
    port: options.basePort + index,
    grpcPort: options.basePort + grpcPortOffset + index,
    url: `http://${host}:${options.basePort + index}`,
  }));
  const nodes = members.map((member) => `${member.id}=${host}:${member.grpcPort}`).join(",");
  const inherited = Object.fromEntries(
    Object.entries(surroundings).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  // Whatever else runs on this machine does not know it.
  const secret = randomBytes(32).toString("hex");
  return members.map((member, index) => {
    const env = {
      LOG_LEVEL: "warn",
      FAULTS: "1",
      ...inherited,
      CLUSTER_SECRET: surroundings["CLUSTER_SECRET"] || secret,
      NODE_ID: member.id,
      NODES: nodes,
      LEADER: "leader",
      HOST: host,
      PORT: String(member.port),
      GRPC_PORT: String(member.grpcPort),
      ADVERTISE_URL: member.url,
      METRICS_PORT: portOf(surroundings["METRICS_PORT"], index),
      DATA_DIR: options.dataDir === "" ? "" : join(options.dataDir, member.id),
      WRITE_QUORUM: String(options.quorum),
      MIN_DELAY: String(options.minDelay),
      MAX_DELAY: String(options.maxDelay),
    };
    const { failover } = readConfig(env);
    return { ...member, failover, env };
  });
}
