/** What the routes of one gateway share. */
import type { Config } from "../src/config/config.ts";
import { type Failure, failureOf } from "../src/errors.ts";
import type { Intake } from "../src/intake/intake.ts";
import type { KvNode } from "../src/node/api.ts";
import type { PacedLog } from "../src/node/paced-log.ts";
import type { FaultControl, Log } from "../src/node/ports.ts";
import { noLeader } from "../src/node/refusals.ts";
import type { Access } from "./access/access.ts";
import type { Compression } from "./compression.ts";
import type { Metrics } from "./metrics.ts";
import type { EventStreams } from "./streams/event-streams.ts";

/** What the gateway logs to; a pino logger fits. */
export interface GatewayLog extends Log {
  isLevelEnabled?(level: string): boolean;
}

/** One node as its routes see it: the node, its settings, and what all routes use together. */
export interface Context {
  readonly node: KvNode;
  readonly config: Config;
  /** Link faults that can be set on purpose; undefined unless FAULTS=1. */
  readonly faults: FaultControl | undefined;
  /** Who may do what. */
  readonly access: Access;
  readonly metrics: Metrics;
  readonly log: GatewayLog;
  /** What requests and connections cause that should not happen. */
  readonly failures: PacedLog;
  /** What this node keeps for all its clients. */
  readonly intake: Intake;
  readonly streams: EventStreams;
  readonly compression: Compression;
  /** Calls `run` when the gateway closes: for what a route has started and must end. */
  onClose(run: () => void | Promise<void>): void;
  /** True once the gateway stops: from then on every request is refused. */
  readonly closing: boolean;
}

/** Ids of the followers that this node has when it leads, in the order of NODES. */
export const followerIds = ({ nodes, failover, nodeId, leader }: Config): readonly string[] =>
  nodes.map((member) => member.id).filter((id) => id !== (failover ? nodeId : leader));

/**
 * For a call that only the leader carries out: NOT_LEADER, with the URL of the leader, or NO_LEADER while
 * none is known; undefined on the leader.
 */
export function leaderOnly({ node }: Context): Failure | undefined {
  if (node.role === "leader") return undefined;
  const { leader } = node.status();
  if (leader === "") return noLeader().failure;
  const at = node.leaderUrl === "" ? "" : ` at ${node.leaderUrl}`;
  const detail = `${node.id} is a follower; send the request to the leader ${leader}${at}.`;
  return failureOf("NOT_LEADER", detail, { members: { leaderUrl: node.leaderUrl, leader } });
}
