/** `quorum-kv/testing`: a cluster of real nodes in the process of a test. It needs Node 24. */

export interface ClusterOptions {
  /** 1 to 9; absent: 3. */
  readonly nodes?: number;
  /** Follower acks per write; absent: as many as make a majority with the leader. */
  readonly writeQuorum?: number;
  /** Further settings of every node, as in docs/configuration.md. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestNode {
  readonly id: string;
  readonly url: string;
  /** Whether it leads at this moment. */
  readonly leads: boolean;
  /** Stops it in good order: if it leads, it hands over first. */
  close(): Promise<void>;
}

export interface TestCluster {
  /** The first one leads whenever it can. */
  readonly nodes: readonly TestNode[];
  /** The URL of every node. */
  readonly endpoints: readonly string[];
  /** Stops what still runs. Safe to call twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the nodes on free ports with empty stores in memory, and resolves once each is ready. */
export function startCluster(options?: ClusterOptions): Promise<TestCluster>;
