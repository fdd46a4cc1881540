/** A running cluster as the sweep sees it: addresses, and how a quorum is asked for. */
import type { DelayRange } from "./theory/index.ts";

/** A node and where to reach it. */
export interface Member {
  readonly id: string;
  /** Base of its REST API as reached from here, without a slash at the end. */
  readonly url: string;
}

/** A follower, and what theory must know of it. */
interface Follower extends Member {
  /** The simulated delay on its way, as configured. */
  readonly delay: DelayRange;
}

/** A cluster that serves the quorum it was prepared for. */
export interface Cluster {
  readonly leader: Member;
  readonly followers: readonly Follower[];
  /** True: each write names its quorum, since the cluster's own one is not ours to change. */
  readonly quorumPerWrite: boolean;
  /** How long each write may wait for its quorum. */
  readonly timeoutMs: number;
}

/** Delays to set; undefined parts stay as the cluster has them. */
export interface DelaySettings {
  readonly minDelay: number | undefined;
  readonly maxDelay: number | undefined;
  /** By follower id; undefined: as the cluster has them. */
  readonly followerDelays: Readonly<Record<string, DelayRange>> | undefined;
}

/** Where sweeps run. `close` puts everything back as it was; it may be called at any moment. */
export interface Target {
  /** For people: "six own processes". */
  readonly description: string;
  /** A cluster that serves this quorum. */
  prepare(quorum: number, signal: AbortSignal): Promise<Cluster>;
  close(): Promise<void>;
}

/** Long enough that the slowest ack still counts: a timeout would cut the slowest writes out of the result. */
export const patientTimeoutMs = (maxDelaysMs: readonly number[]): number =>
  5000 + 2 * Math.max(0, ...maxDelaysMs);
