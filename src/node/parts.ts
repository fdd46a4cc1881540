/**
 * What a node holds for as long as its process runs, whichever role it plays: its lifetime, the
 * flusher in front of its storage, the watches and the event hub.
 */
import type { Entry, Epoch, Instant, Sequence, SequenceRange } from "../replication/types.ts";
import type { LogEnd } from "./ahead-watches.ts";
import type { ClusterView, NodeStatus, Position } from "./api.ts";
import { EventHub } from "./event-hub.ts";
import { Flusher } from "./flusher.ts";
import { Lifetime } from "./lifetime.ts";
import { type NodeOptions, ownMember } from "./options.ts";
import type { Cancel, ReadLimit, StoreSummary } from "./ports.ts";
import { Watches } from "./watches.ts";

/** Pages get a view of the cluster this often. */
const clusterEventMs = 500;

/** What the parts tell and ask the role that the node plays. */
export interface RoleHooks {
  /** The store shows these entries, flushed. Watches are told afterwards. */
  applied(store: StoreSummary, entries: readonly Entry[]): void;
  /** Storage refuses to flush, for this reason, or flushes again (undefined). */
  storageFault(reason: string | undefined): void;
  /** One flush has ended and the next has not begun: what is added now belongs to the next. */
  betweenFlushes(): void;
  /** The lowest sequence that the role will read from the log soon. */
  neededFrom(): Sequence;
  /** How far the leader's log reaches, if the role knows. */
  logEnd(): LogEnd | undefined;
  /** Milliseconds that a watch may wait to learn how far the log reaches. */
  readonly watchTimeoutMs: number;
  /** For operators: what a fault of the storage means in this role. */
  readonly faultConsequence: string;
}

/** What the rules of either role start from: this node's id and what its storage holds. */
export function ruleStart({ config, storage, limits }: NodeOptions) {
  const { applied, digest, history } = storage.summary();
  return {
    id: config.nodeId,
    hardState: storage.hardState(),
    applied,
    digest,
    history,
    member: ownMember(config),
    log: {
      first: () => storage.logBounds().first,
      read: (from: Sequence, limit: ReadLimit) => storage.readLog(from, limit),
      history: (range: SequenceRange) => storage.logHistory(range),
    },
    store: storage,
    ...(limits === undefined ? {} : { limits }),
  };
}

/** What a role adds to the status that every node can give. */
type RoleStatus = Pick<NodeStatus, "role" | "leader" | "config" | "reasons">;

/** One node's parts, and what both roles do with them in the same way. */
export class NodeParts {
  readonly options: NodeOptions;
  readonly lifetime = new Lifetime();
  readonly hub = new EventHub();
  readonly flusher: Flusher;
  readonly watches: Watches;
  readonly #startedAt: Instant;
  /** Ended with the node: repeated work, and streams that are being opened. */
  readonly #cancels: Cancel[] = [];

  constructor(options: NodeOptions, role: RoleHooks) {
    const { storage, clock, config, observer } = options;
    this.options = options;
    this.#startedAt = clock.now();
    this.watches = new Watches({
      storage,
      clock,
      timeoutMs: role.watchTimeoutMs,
      logEnd: () => role.logEnd(),
    });
    this.flusher = new Flusher({
      storage,
      clock,
      retention: config.logRetention,
      neededFrom: () => role.neededFrom(),
      events: {
        applied: (entries, store) => {
          role.applied(store, entries);
          this.watches.applied(entries);
        },
        fault: (reason) => {
          role.storageFault(reason);
          this.#logFault(reason, role.faultConsequence);
        },
        flushed: (figures) => observer.flushed(figures),
        between: () => role.betweenFlushes(),
      },
    });
  }

  #logFault(reason: string | undefined, consequence: string): void {
    const { log } = this.options;
    if (reason === undefined) log.info({}, "storage flushes again");
    else log.error({ reason }, `storage cannot flush; ${consequence}`);
  }

  /** Runs this every so many milliseconds until the node ends. */
  repeat(everyMs: number, run: () => void): void {
    const { clock } = this.options;
    let cancel: Cancel = () => {};
    const again = () => {
      cancel = clock.after(everyMs, again);
      run();
    };
    cancel = clock.after(everyMs, again);
    this.atEnd(() => cancel());
  }

  /** Publishes this view of the cluster at regular intervals. */
  publishCluster(view: () => ClusterView): void {
    const { clock } = this.options;
    this.repeat(clusterEventMs, () =>
      this.hub.publish({ type: "cluster", at: clock.wall(), cluster: view() }),
    );
  }

  /** Called when the node ends. */
  atEnd(cancel: Cancel): void {
    this.#cancels.push(cancel);
  }

  /** The status of the node, put together from its position and what its role adds. */
  status(position: Position, role: RoleStatus): NodeStatus {
    const { config, clock, storage } = this.options;
    const { epoch, last, committed, applied } = position;
    const { digest, keys } = storage.summary();
    return {
      id: config.nodeId,
      role: role.role,
      leader: role.leader,
      epoch,
      last,
      committed,
      applied,
      digest,
      keys,
      uptimeSeconds: (clock.now() - this.#startedAt) / 1000,
      config: role.config,
      ready: role.reasons.length === 0,
      reasons: role.reasons,
    };
  }

  /** Why the node is not ready on account of its end; empty while it runs. */
  endReasons(): readonly string[] {
    const { closing, over, ended } = this.lifetime;
    const reasons = closing ? ["shutting down"] : [];
    return over && ended !== undefined ? [...reasons, ended] : reasons;
  }

  /** New writes are refused from now on, and so are watches that still wait to be opened. */
  beginClosing(): void {
    this.lifetime.beginClosing();
    this.watches.close();
  }

  /** The end of a shutdown: no fact is taken any more, no timer runs. */
  end(): void {
    this.lifetime.finish();
    this.flusher.close();
    for (const cancel of this.#cancels) cancel();
  }

  /** The node must not go on: its process is told to end, for this reason. */
  stop(reason: string, epoch: Epoch): void {
    if (!this.lifetime.finish()) return;
    this.flusher.close();
    this.options.log.error({ reason, epoch }, "the node stops");
    this.options.fatal(reason);
  }
}
