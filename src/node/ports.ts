/**
 * What a node needs from outside: time, storage, the network, a log. Every port reports back by a
 * callback, never by a promise, so that tests can step a whole cluster one event at a time on
 * virtual time.
 */
import type {
  Digest,
  Entry,
  FollowerMessage,
  HardState,
  History,
  Instant,
  LeaderMessage,
  NodeId,
  Sequence,
  SequenceRange,
  SnapshotEnd,
  StoreRecord,
} from "../replication/types.ts";

/** Ends what returned it: a timer, a subscription, a stream being opened. Safe to call twice. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds, with fractions; jumps of the wall clock do not show. */
  now(): Instant;
  /** Milliseconds since 1970, for display only: the wall clock may jump. */
  wall(): number;
  after(delayMs: number, run: () => void): Cancel;
  /** Runs after the present turn of the event loop, so that what arrives in one turn is batched. */
  defer(run: () => void): void;
}

/** A random number in [0, 1). */
export type Random = () => number;

/**
 * What one flush makes durable, all of it or nothing. The parts take effect in the order of the
 * fields.
 */
export interface StorageBatch {
  /** Entries to put at their sequences; a higher or equal epoch overwrites what is there. */
  readonly append: readonly Entry[];
  /** Entries whose operations go into the store, in sequence order, right after `applied`. */
  readonly apply: readonly Entry[];
  readonly hardState?: HardState | undefined;
  /** Entries up to and including this one may be forgotten. */
  readonly compactTo?: Sequence | undefined;
}

/** Storage cannot flush now. Nothing of the batch is durable; the same batch may be tried again. */
export interface StorageFault {
  /** One sentence for a person, naming the system's error: "no space left on device (ENOSPC)". */
  readonly reason: string;
}

export interface StoreSummary {
  readonly applied: Sequence;
  readonly digest: Digest;
  /** Undefined: unknown, because an earlier version wrote this store or the one it was copied from. */
  readonly history: History | undefined;
  readonly keys: number;
}

/** An unchanging copy of the store as it was at one applied mark. `close` it when done. */
export interface StoreCopy {
  readonly applied: Sequence;
  readonly digest: Digest;
  /** As in StoreSummary. */
  readonly history: History | undefined;
  /** Records after a key in byte order, about `bytesMax` of them, at least one if any is left. */
  page(after: string | undefined, bytesMax: number): readonly StoreRecord[];
  close(): void;
}

/** How much one read of the log may return. */
export interface ReadLimit {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/**
 * A node's log, store and HardState. Reads are synchronous and see what has been committed to storage;
 * `write` makes a batch durable and reports it by a callback. Only one write is under way at a time:
 * the node waits for `done` before it writes again, or begins to receive a store. Storage throws
 * where it does not.
 */
export interface Storage {
  /** HardState as last flushed; BLANK_HARD_STATE on an empty disk. */
  hardState(): HardState;
  summary(): StoreSummary;
  /** Lowest and highest sequence in the log; both 0 when it is empty. Holes may lie between. */
  logBounds(): { readonly first: Sequence; readonly last: Sequence };
  /** About how many bytes the entries of the log take together. */
  logBytes(): number;
  /**
   * Entries from a sequence on, in order, holes left out: at most `entriesMax` and about
   * `bytesMax`, at least one if any is there.
   */
  readLog(from: Sequence, limit: ReadLimit): readonly Entry[];
  /**
   * The sum over the log's entries in a range, worked out without reading the disk; undefined where
   * the log lacks one of them. That of an empty range (`from` above `to`) is EMPTY_HISTORY.
   */
  logHistory(range: SequenceRange): History | undefined;
  get(key: string): StoreRecord | undefined;
  /** Records whose key starts with `prefix`, after `after` in byte order. */
  list(query: {
    prefix: string;
    after?: string | undefined;
    limit: number;
  }): readonly StoreRecord[];
  copy(): StoreCopy;

  /** `done(undefined)` when the whole batch is flushed; a fault when none of it is. */
  write(batch: StorageBatch, done: (fault: StorageFault | undefined) => void): void;

  /**
   * A store received from another node. It grows beside the present one, which stays readable, and
   * replaces it in one step; an unfinished one leaves no trace after a restart. `begin` drops an
   * unfinished one. `install` also sets `applied`, the digest, the history and the HardState, and
   * forgets the log up to and including the new applied mark.
   */
  readonly incoming: {
    begin(): void;
    add(records: readonly StoreRecord[], done: (fault: StorageFault | undefined) => void): void;
    /** Of the records that were added and flushed. */
    digest(): Digest;
    install(
      end: SnapshotEnd & { readonly hardState: HardState },
      done: (fault: StorageFault | undefined) => void,
    ): void;
  };

  /** Resolves once the write under way is answered and all else is at rest. */
  close(): Promise<void>;
}

/** One end of a stream between leader and follower. After `closed`, nothing more arrives. */
export interface Link<Out> {
  send(message: Out): void;
  close(): void;
}

export interface LinkEvents<In> {
  received(message: In): void;
  /** The stream is gone, at either end. Called once. */
  closed(reason: string): void;
}

/**
 * The leader's side of the network. A peer keeps trying to open its stream, with back-off, until
 * it is closed; each opened stream is one Link.
 */
export interface Network {
  /** Called by the leader once for each follower. `opened` is called for each new stream. */
  dial(to: NodeId, opened: (link: Link<LeaderMessage>) => LinkEvents<FollowerMessage>): Cancel;
  /** Called by every node: a leader opened a stream to this node. */
  listen(opened: (link: Link<FollowerMessage>) => LinkEvents<LeaderMessage>): void;
}

/** Settings of the simulated network, which may change while it runs. Milliseconds. */
export interface DelayRange {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** The simulated delays in front of the network; absent settings mean no delay. */
export interface DelayControl {
  configure(range: DelayRange, perFollower: Readonly<Record<NodeId, DelayRange>>): void;
  /**
   * Milliseconds that an entry was really held back on its way to a follower; 0 where it was not.
   * Known from the entry's release on, for the most recent entries only.
   */
  elapsedMs(to: NodeId, sequence: Sequence): number;
}

/** A fault set on one follower's link, to show how the cluster copes with it. */
export type LinkFault =
  /** Messages of both directions wait until the fault ends; the connection stays. */
  | { readonly type: "pause" }
  /** Every message of both directions comes that much later. */
  | { readonly type: "slow"; readonly delayMs: number }
  /** The stream is broken and cannot be opened. */
  | { readonly type: "cut" };

/** Sets link faults. It wraps the network, and exists only with FAULTS=1. */
export interface FaultControl {
  list(): Readonly<Record<NodeId, { readonly fault: LinkFault; readonly endsAtWall: number }>>;
  /** Replaces the follower's fault. It ends by itself after five minutes. */
  set(to: NodeId, fault: LinkFault): void;
  reset(to: NodeId): void;
}

/** Log lines for operators: fields, and one sentence. A pino logger fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
