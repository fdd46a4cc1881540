/** The settings of one node. The environment is read here and nowhere else. */

export interface MemberAddress {
  readonly id: string;
  /** Where other nodes reach it. */
  readonly host: string;
  readonly grpcPort: number;
}

/** One frozen value, made once at the start. Times are milliseconds. */
export interface Config {
  readonly nodeId: string;
  readonly nodes: readonly MemberAddress[];
  readonly leader: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly host: string;
  readonly advertiseUrl: string;
  /** Empty: memory. */
  readonly dataDir: string;
  readonly writeQuorum: number;
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly timeout: number;
  readonly logLevel: string;
  /** FAULTS=1: the drawer of link faults is open. */
  readonly faults: boolean;
  /** LOG_RETENTION: applied entries kept for catch-up and watchers before a snapshot is needed. */
  readonly logRetention: number;
}
