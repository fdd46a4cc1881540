/** What callers give and get. */
import type { CallOptions } from "./calls.ts";
import type { ValueOptions } from "./values.ts";

export interface Entry<T> {
  readonly key: string;
  readonly value: T;
  readonly version: number;
}

export interface Page<T> {
  /** Keys in byte order. */
  readonly entries: readonly Entry<T>[];
  /** Pass it as `after` for the next page; null: there is none. */
  readonly next: string | null;
  /** What the page shows is the state at this sequence. */
  readonly sequence: number;
}

/** What several keys were at one moment. */
export interface View<T> {
  /** In the order of the keys that were asked for; null: there is no such key. */
  readonly entries: readonly (Entry<T> | null)[];
  /** The moment is right after this entry of the log. */
  readonly sequence: number;
}

/**
 * `linearizable`: shows every write that was answered before the call; the default. `local`: what the
 * node that is asked has, which may be old, and costs no other node anything.
 */
export type Consistency = "linearizable" | "local";

export interface GetOptions<T> extends CallOptions, ValueOptions<T> {
  readonly consistency?: Consistency | undefined;
  /** Wait until the node has applied this version. */
  readonly minVersion?: number | undefined;
}

export interface ListOptions<T> extends CallOptions, ValueOptions<T> {
  readonly prefix?: string | undefined;
  /** 1 to 1000; absent: 100. */
  readonly limit?: number | undefined;
  /** The key after which the page starts. */
  readonly after?: string | undefined;
  readonly consistency?: Consistency | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Follower acks to wait for; absent: the cluster's write quorum. */
  readonly quorum?: number | undefined;
  /** Write only if this is the key's version; 0: only if there is no such key. */
  readonly ifVersion?: number | undefined;
  /** Acks get their times. */
  readonly trace?: boolean | undefined;
  /**
   * 1 to 255 visible ASCII characters: all calls with this key and the same request are one write, as long as the
   * cluster remembers it. Absent: a new key. False: none, so the write is not sent again once it may be written.
   */
  readonly idempotencyKey?: string | false | undefined;
}

export interface PutOptions<T> extends WriteOptions, ValueOptions<T> {}

/** One operation of a batch. */
export type Operation<T = unknown> =
  | {
      readonly put: { readonly key: string; readonly value: T; readonly ifVersion?: number };
    }
  | { readonly delete: { readonly key: string; readonly ifVersion?: number } }
  /** A condition without a write. */
  | { readonly check: { readonly key: string; readonly ifVersion: number } };

/** A follower that has the write on its disk. */
export interface Ack {
  readonly node: string;
  /** Milliseconds until it arrived, and those of them that were simulated; with `trace`. */
  readonly ms?: number;
  readonly delayMs?: number;
}

export interface Receipt {
  readonly version: number;
  readonly quorum: number;
  /** In the order in which they arrived. */
  readonly acks: readonly Ack[];
  readonly latencyMs: number;
}

export interface Status {
  readonly id: string;
  readonly role: "leader" | "candidate" | "follower";
  /** Empty while unknown. */
  readonly leader: string;
  readonly epoch: number;
  readonly last: number;
  readonly committed: number;
  readonly applied: number;
  readonly digest: string;
  readonly keys: number;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly config: {
    readonly writeQuorum: number;
    readonly minDelay: number;
    readonly maxDelay: number;
    readonly timeout: number;
    readonly followerDelays: Readonly<
      Record<string, { readonly minDelayMs: number; readonly maxDelayMs: number }>
    >;
  };
}

/** A put or delete, as it was applied. */
export type WatchEvent<T> = (
  | { readonly type: "put"; readonly key: string; readonly value: T; readonly version: number }
  | { readonly type: "delete"; readonly key: string; readonly version: number }
) & {
  /** The last of its entry: a watch that starts `after` this version misses and repeats nothing. */
  readonly complete: boolean;
};

/** What happens to the connection of a watch. */
export type WatchConnection =
  | { readonly type: "open"; readonly endpoint: string; readonly after: number }
  | { readonly type: "lost"; readonly endpoint: string; readonly after: number | undefined };

export interface WatchOptions<T> extends ValueOptions<T> {
  readonly prefix?: string | undefined;
  /** The sequence after which it starts; absent: with what is applied next. */
  readonly after?: number | undefined;
  /** Ends the watch: its error is `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that it may be without a connection; absent: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Told of each connection that opens or breaks. */
  readonly onConnection?: ((change: WatchConnection) => void) | undefined;
}
