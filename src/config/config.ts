/** The settings of one node, as all other code gets them. */
import type { MemberAddress } from "./members.ts";
import type { TlsConfig } from "./tls-settings.ts";

/** All settings, as one frozen value that is made at the start. Times are in milliseconds. */
export interface Config {
  readonly nodeId: string;
  readonly nodes: readonly MemberAddress[];
  readonly leader: string;
  /** FAILOVER=1: any node may lead; LEADER names the one that does when it can. */
  readonly failover: boolean;
  readonly electionTimeout: number;
  /** READ_LEASE=1: leaders answer reads by a lease. */
  readonly readLease: boolean;
  readonly port: number;
  readonly grpcPort: number;
  readonly host: string;
  readonly advertiseUrl: string;
  /** ALLOWED_HOSTS: what else clients call this node. */
  readonly allowedHosts: readonly string[];
  /** CLUSTER_SECRET: the first one proves this node to others, all are believed; empty: no proof is asked for. */
  readonly clusterSecrets: readonly string[];
  /** TOKENS_FILE: where the tokens are; empty: callers need none. */
  readonly tokensFile: string;
  /** ADMIN=1: callers from other machines may administer, where there are no tokens. */
  readonly admin: boolean;
  /** METRICS_PORT; undefined: none. */
  readonly metricsPort: number | undefined;
  /** AUDIT_LOG: a path, `-` for standard output, or empty for none. */
  readonly auditLog: string;
  /** AUDIT_WRITES=1: writes are in the audit log too. */
  readonly auditWrites: boolean;
  /** Undefined: both ports speak plaintext. */
  readonly tls: TlsConfig | undefined;
  /** Other machines reach this node, and TLS or tokens are missing: INSECURE=1 permits it. */
  readonly insecure: boolean;
  /** Where log and store are kept; empty: in memory. */
  readonly dataDir: string;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly timeout: number;
  /** FORWARD_WRITES=1: a follower passes writes on to the leader. */
  readonly forwardWrites: boolean;
  /** IDEMPOTENCY_SECONDS, IDEMPOTENCY_KEYS: how long, and how many, writes with an idempotency key are remembered. */
  readonly idempotencySeconds: number;
  readonly idempotencyKeys: number;
  readonly logLevel: string;
  /** FAULTS=1: link faults can be set. */
  readonly faults: boolean;
  /** CONTROL_URL: where `npm start` can be asked to stop or restart a process; empty: nowhere. */
  readonly controlUrl: string;
  /** LOG_RETENTION: applied entries kept for catch-up and watchers before a snapshot is needed. */
  readonly logRetention: number;
}
