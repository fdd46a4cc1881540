/** What a virtual cluster is opened with, and what each of its nodes reads at its start. */
import type { Config } from "../../config/config.ts";
import type { Random } from "../../node/ports.ts";
import { DEFAULT_LIMITS, type Limits } from "../../replication/limits.ts";
import type { NodeId } from "../../replication/types.ts";
import type { Coverage } from "./coverage.ts";
import type { Chance } from "./random.ts";

/** Small bounds, so that every one of them is met within a short story. */
export const tightLimits: Limits = {
  ...DEFAULT_LIMITS,
  backlogEntriesMax: 48,
  backlogBytesMax: 64 * 1024,
  windowEntriesMax: 24,
  windowBytesMax: 16 * 1024,
  messageEntriesMax: 4,
  messageBytesMax: 2_048,
  chunkBytesMax: 96,
  appliedOperationsMax: 8,
  snapshotChunksMax: 2,
  snapshotStallMsMax: 1_000,
  floorCalmMs: 1_000,
};

export interface ClusterSettings {
  readonly chance: Chance;
  readonly followers: number;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly retention: number;
  readonly limits?: Limits;
  readonly coverage?: Coverage;
  /** Any node may lead. */
  readonly failover?: boolean;
  readonly electionTimeoutMs?: number;
  readonly idempotencySeconds?: number;
  readonly idempotencyKeys?: number;
  /** Leaders answer reads by leases. */
  readonly readLease?: boolean;
  /** So far the clocks may go from the true time, as a share of it. */
  readonly drift?: number;
  /** The chance of a node's own decisions; absent: that of the world. */
  readonly randomOf?: (id: NodeId) => Random;
  /** Begins the ids of this cluster, where a story has several. */
  readonly digit?: string;
  /** Counts messages, over all clusters of a story. */
  readonly numbers?: { last: number };
  /** The story loses what the design admits: nobody compares the applied logs, or marks that move back. */
  readonly admitsLoss?: boolean;
}

/** What the process of one node is started with. `leader`: whom it obeys without elections. */
export function configOf(
  world: {
    readonly ids: readonly NodeId[];
    readonly failover: boolean;
    readonly settings: ClusterSettings;
  },
  { id, leader }: { readonly id: NodeId; readonly leader: NodeId },
): Config {
  const { ids, failover, settings } = world;
  const { writeQuorum, minDelay, maxDelay, retention } = settings;
  return {
    nodeId: id,
    nodes: ids.map((member) => ({ id: member, host: member, grpcPort: 5567 })),
    leader,
    failover,
    electionTimeout: settings.electionTimeoutMs ?? 1_000,
    readLease: failover && settings.readLease === true,
    forwardWrites: false,
    port: 4567,
    grpcPort: 5567,
    host: id,
    advertiseUrl: `http://${id}:4567`,
    allowedHosts: [],
    clusterSecrets: [],
    tokensFile: "",
    admin: false,
    metricsPort: undefined,
    auditLog: "",
    auditWrites: false,
    tls: undefined,
    insecure: false,
    dataDir: "virtual",
    writeQuorum,
    minDelay,
    maxDelay,
    timeout: 2_000,
    idempotencySeconds: settings.idempotencySeconds ?? 600,
    idempotencyKeys: settings.idempotencyKeys ?? 100_000,
    logLevel: "silent",
    faults: false,
    controlUrl: "",
    logRetention: retention,
  };
}

/** Rarely 0: what nobody else holds may be lost with one disk, and a seed says little about it. */
export const drawQuorum = (chance: Chance, followers: number): number =>
  chance.happens(0.06) ? 0 : chance.whole(1, followers);
