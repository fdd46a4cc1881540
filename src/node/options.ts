/** What a node is created from, and the addresses that follow from its settings. */
import type { Limits } from "../replication/limits.ts";
import type { Member, NodeId } from "../replication/types.ts";
import type { NodeObserver } from "./api.ts";
import type { Clock, DelayControl, Log, Network, Random, Storage } from "./ports.ts";

/** What a node needs of its settings. Times are milliseconds. */
export interface NodeSettings {
  readonly nodeId: NodeId;
  /** Every member, and where the others reach its gRPC port. */
  readonly nodes: readonly {
    readonly id: NodeId;
    readonly host: string;
    readonly grpcPort: number;
  }[];
  /** With FAILOVER=1 the leader of choice, else the only one. */
  readonly leader: NodeId;
  /** FAILOVER=1: any node may lead. */
  readonly failover: boolean;
  /** ELECTION_TIMEOUT: silence after which a follower takes its leader for lost. */
  readonly electionTimeout: number;
  /** READ_LEASE=1: leaders ask for leases, followers lend them. */
  readonly readLease: boolean;
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly advertiseUrl: string;
  /** Undefined: plaintext. */
  readonly tls: { readonly permissive: boolean } | undefined;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly timeout: number;
  /** How long, and how many, writes with an idempotency key are remembered. */
  readonly idempotencySeconds: number;
  readonly idempotencyKeys: number;
  /** Applied entries kept in the log. */
  readonly logRetention: number;
}

/** The parts and settings of one node. */
export interface NodeOptions {
  readonly config: NodeSettings;
  readonly storage: Storage;
  readonly network: Network;
  readonly delays: DelayControl;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: NodeObserver;
  readonly log: Log;
  /** Changes at each start of the process. */
  readonly incarnation: string;
  /** The id of the cluster, if this node is the first leader of a new one: 32 random hexadecimal digits. */
  readonly freshClusterId: string;
  /** The node must not go on: the process ends, for this reason. Nothing is sent afterwards. */
  readonly fatal: (reason: string) => void;
  readonly limits?: Limits | undefined;
}

/** How often a node lets time pass in its rules. */
export const tickMs = 100;

/** A stream whose sender was refused is closed after this time. */
export const refusedMs = 50;

/** A timer may come a rounding error early: what must not is looked at so much later. */
export const timerErrorMs = 1;

/** All members but this node, in the order of NODES. */
export const otherIds = ({ nodes, nodeId }: NodeSettings): readonly NodeId[] =>
  nodes.map(({ id }) => id).filter((id) => id !== nodeId);

/** Where clients and the other members reach this node's gateway. */
export function ownMember(config: NodeSettings): Member {
  const address = config.nodes.find(({ id }) => id === config.nodeId);
  const host = address?.host ?? config.host;
  return {
    id: config.nodeId,
    url: config.advertiseUrl,
    peerUrl: urlOf(speaksOnlyTls(config), host, config.port),
  };
}

/**
 * Where other nodes reach a member's gateway: on the host that NODES names, whatever the member tells of itself.
 * Of that only the port and TLS count: requests of clients go there, with their cookies and tokens. While it is not known,
 * the REST port is taken to be as far from the gRPC port as here. Undefined: there is no such member, or no such port.
 */
export function gatewayUrl(
  config: NodeSettings,
  id: NodeId,
  told?: string | undefined,
): string | undefined {
  const address = config.nodes.find((node) => node.id === id);
  if (address === undefined) return undefined;
  const port = portOf(told) ?? address.grpcPort + config.port - config.grpcPort;
  if (port < 1 || port > 65_535) return undefined;
  const isSecure = speaksOnlyTls(config) || /^https:/i.test(told ?? "");
  return urlOf(isSecure, address.host, port);
}

/** The port that a URL names, or that its scheme stands for. */
function portOf(url: string | undefined): number | undefined {
  const parsed = URL.parse(url ?? "");
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined;
  const usual = parsed.protocol === "https:" ? 443 : 80;
  return parsed.port === "" ? usual : Number(parsed.port);
}

/** While a cluster changes over to TLS, a node says which of both the others should speak with it. */
const speaksOnlyTls = ({ tls }: NodeSettings): boolean => tls?.permissive === false;

function urlOf(isSecure: boolean, host: string, port: number): string {
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${isSecure ? "https" : "http"}://${shown}:${port}`;
}

/** See LeaderStart.leap: 1,000,000 plus an offset that differs between two processes. */
export function epochLeap(incarnation: string): number {
  let hash = 0;
  for (const byte of Buffer.from(incarnation)) hash = (hash * 31 + byte) % 1_000_003;
  return 1_000_000 + hash;
}
