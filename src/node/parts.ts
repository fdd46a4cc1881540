/**
 * What a role has of its node, from its start until the node leaves it: the node's lasting parts, and
 * a lifetime, timers and streams of its own.
 */
import { DEFAULT_LIMITS } from "../replication/limits.ts";
import type {
  ClusterId,
  ClusterMark,
  Epoch,
  Sequence,
  SequenceRange,
} from "../replication/types.ts";
import type { ClusterView, NodeStatus, Position } from "./api.ts";
import type { EventHub } from "./event-hub.ts";
import type { Flusher } from "./flusher.ts";
import type { NodeLife } from "./life.ts";
import { Lifetime } from "./lifetime.ts";
import { type NodeOptions, ownMember } from "./options.ts";
import type { Cancel, ReadLimit } from "./ports.ts";
import type { Watches } from "./watches.ts";

/** Pages get a view of the cluster this often. */
const clusterEventMs = 500;

/** What the rules of either role start from: this node's id and what its storage holds. */
export function ruleStart({ config, storage, limits = DEFAULT_LIMITS }: NodeOptions) {
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
    limits: {
      ...limits,
      rememberMs: config.idempotencySeconds * 1_000,
      rememberedMax: config.idempotencyKeys,
    },
  };
}

/** For `/status` and `/cluster`. */
export const shownCluster = ({ id, confirmed }: ClusterMark): ClusterId | null =>
  id === "" ? null : { id, confirmed };

/** What a role adds to the status that every node can give. */
type RoleStatus = Pick<NodeStatus, "role" | "leader" | "config" | "reasons">;

/** The parts that one role works with, and what both roles do with them in the same way. */
export class NodeParts {
  readonly options: NodeOptions;
  readonly life: NodeLife;
  readonly lifetime = new Lifetime();
  /** Ended with the role: repeated work, and streams that are being opened. */
  readonly #cancels: Cancel[] = [];

  constructor(life: NodeLife) {
    this.options = life.options;
    this.life = life;
  }

  get hub(): EventHub {
    return this.life.hub;
  }

  get flusher(): Flusher {
    return this.life.flusher;
  }

  get watches(): Watches {
    return this.life.watches;
  }

  /** Runs this every so many milliseconds until the role ends. */
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

  /** Called when the role ends. */
  atEnd(cancel: Cancel): void {
    this.#cancels.push(cancel);
  }

  /** The status of the node, put together from its position and what its role adds. */
  status(position: Position, mark: ClusterMark, role: RoleStatus): NodeStatus {
    const { config, clock, storage } = this.options;
    const { epoch, last, committed, applied } = position;
    const summary = storage.summary();
    return {
      id: config.nodeId,
      role: role.role,
      leader: role.leader,
      epoch,
      last,
      committed,
      applied,
      digest: summary.digest,
      keys: this.life.keyCount.of(summary),
      cluster: shownCluster(mark),
      uptimeSeconds: (clock.now() - this.life.startedAt) / 1000,
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
    this.leave();
    this.flusher.close();
  }

  /** The node leaves this role: no fact is taken any more, no timer runs. Flushes go on. */
  leave(): void {
    this.lifetime.finish();
    for (const cancel of this.#cancels.splice(0)) cancel();
  }

  /** The node must not go on: its process is told to end, for this reason. */
  stop(reason: string, epoch: Epoch): void {
    if (!this.lifetime.finish()) return;
    this.flusher.close();
    this.options.log.error({ reason, epoch }, "the node stops");
    this.options.fatal(reason);
  }
}
