import { type Failed, failed, type Result } from "../errors.ts";
import { Follower } from "../replication/follower.ts";
import type { FollowerEffect, FollowerFlush } from "../replication/follower-effects.ts";
import type { Epoch, NodeId, Sequence } from "../replication/types.ts";
import type {
  ClusterView,
  EventListener,
  KeyPage,
  KeyValue,
  KvNode,
  ListQuery,
  LiveConfig,
  NodeGauges,
  NodeStatus,
  Position,
  Purpose,
  ReadQuery,
  Subscription,
  WatchHandle,
  WatchQuery,
  WriteReceipt,
} from "./api.ts";
import { heartbeatAgeMsMax, LeaderContact } from "./follower/contact.ts";
import { FollowerLinks } from "./follower/links.ts";
import { FollowerReads } from "./follower/reads.ts";
import { FollowerViews } from "./follower/views.ts";
import { Inbox } from "./inbox.ts";
import type { NodeOptions } from "./options.ts";
import { NodeParts, ruleStart } from "./parts.ts";
import { type FlushReports, storageJob } from "./storage-effects.ts";

/**
 * A node that holds a copy. Whatever happens becomes a fact in its inbox; the rules of following
 * turn facts into effects, and the node performs them. Its parts are in `follower/`.
 */
export class FollowerNode implements KvNode {
  readonly id: NodeId;
  readonly role = "follower";
  readonly #parts: NodeParts;
  readonly #core: Follower;
  readonly #contact: LeaderContact;
  readonly #links: FollowerLinks;
  readonly #reads: FollowerReads;
  readonly #views: FollowerViews;
  /** How the rules learn that a flush is done. */
  readonly #flushes: FlushReports<FollowerFlush>;

  constructor(options: NodeOptions) {
    const { config, clock } = options;
    const core = followerOf(options);
    const contact = new LeaderContact(core, clock);
    const parts = new NodeParts(options, {
      applied: ({ applied, digest, history }) => {
        inbox.take(() => {
          core.storeApplied(applied, digest, history);
          return [];
        });
        reads.applied(applied);
      },
      storageFault: (reason) => {
        core.storageFault = reason ?? "";
      },
      betweenFlushes: () => {},
      neededFrom: () => Number.POSITIVE_INFINITY,
      logEnd: () => contact.logEnd,
      watchTimeoutMs: Math.max(config.timeout, 2 * heartbeatAgeMsMax),
      faultConsequence: "this node acks nothing until it can",
    });
    const inbox = new Inbox<FollowerEffect>({
      lifetime: parts.lifetime,
      perform: (effect) => this.#perform(effect),
      performed: () => parts.flusher.kick(),
      broken: (reason) => parts.stop(reason, core.epoch),
    });
    const reads = new FollowerReads(parts, core);
    this.id = config.nodeId;
    this.#parts = parts;
    this.#core = core;
    this.#contact = contact;
    this.#links = new FollowerLinks({ parts, core, inbox, contact });
    this.#reads = reads;
    this.#views = new FollowerViews(parts, core, contact);
    const persisted = (flush: FollowerFlush) => inbox.take(() => core.persisted(flush));
    this.#flushes = {
      persisted,
      installed: (flush) => {
        contact.snapshotInstalled();
        persisted(flush);
        reads.applied(core.applied);
        parts.watches.jumped();
      },
    };
  }

  /** Waits for a leader's stream; it opens none itself. */
  start(): void {
    this.#links.listen();
    this.#parts.publishCluster(() => this.cluster());
  }

  // --- calls -----------------------------------------------------------------------------------

  get applied(): Sequence {
    return this.#core.applied;
  }

  get leaderUrl(): string {
    return this.#views.leaderUrl;
  }

  read(query: ReadQuery): Result<KeyValue> | Promise<Result<KeyValue>> {
    return this.#reads.read(query);
  }

  list(query: ListQuery): Result<KeyPage> {
    return this.#reads.list(query);
  }

  watch(query: WatchQuery): Result<WatchHandle> {
    return this.#reads.watch(query);
  }

  write(): Promise<Result<WriteReceipt>> {
    return Promise.resolve(this.#notLeader());
  }

  configure(): Result<LiveConfig> {
    return this.#notLeader();
  }

  /** Names the leader, so that the client can go there. */
  #notLeader(): Failed {
    const { leader } = this.#parts.options.config;
    const { leaderUrl } = this;
    return failed("NOT_LEADER", `${this.id} is a follower; the leader is ${leader}, ${leaderUrl}`, {
      members: { leader, leaderUrl },
    });
  }

  position(): Position {
    const { epoch, last, committed, applied } = this.#core;
    return { epoch, last, committed, applied };
  }

  status(): NodeStatus {
    return this.#views.status();
  }

  notReadyFor(purpose: Purpose): readonly string[] {
    return purpose === "writes" ? this.#views.notReadyForWrites() : this.#views.notReadyForReads();
  }

  cluster(): ClusterView {
    return this.#views.cluster();
  }

  peerUrl(id: NodeId): string | undefined {
    return this.#views.peerUrl(id);
  }

  subscribe(listener: EventListener): Subscription {
    return this.#parts.hub.subscribe(listener);
  }

  gauges(): NodeGauges {
    return { inFlight: this.#reads.waiting, inFlightBytes: 0, unapplied: this.#core.backlog };
  }

  /** Answers waiting reads with RECOVERING, takes no more messages, flushes and ends. */
  close(): Promise<void> {
    this.#parts.beginClosing();
    this.#reads.close();
    return new Promise((resolve) => {
      this.#parts.flusher.whenIdle(() => {
        this.#parts.end();
        this.#links.close();
        resolve();
      });
    });
  }

  // --- effects ---------------------------------------------------------------------------------

  /** The one place where effects are carried out. */
  #perform(effect: FollowerEffect): void {
    switch (effect.type) {
      case "send":
        this.#links.send(effect.link, effect.message);
        return;
      case "persist":
      case "apply":
      case "beginStore":
      case "addRecords":
      case "installStore":
        if (effect.type === "beginStore") this.#contact.snapshotBegins();
        this.#parts.flusher.add(storageJob(effect, this.#flushes));
        return;
      case "close":
        this.#links.giveUp(effect.link);
        return;
      case "storeReplaced":
        this.#storeReplaced(effect.leader, effect.applied);
        return;
      case "strangerRefused":
        this.#strangerRefused(effect.leader, effect.epoch);
        return;
    }
  }

  #storeReplaced(leader: NodeId, applied: Sequence): void {
    this.#parts.options.log.error(
      { leader, applied },
      "this node has applied entries that the leader's history lacks; a snapshot replaces its store",
    );
    this.#parts.watches.replaced();
  }

  #strangerRefused(leader: NodeId, refusedEpoch: Epoch): void {
    const { log, config } = this.#parts.options;
    log.warn(
      { leader, refusedEpoch, expected: config.leader },
      `${leader} asked to lead and was refused: LEADER is ${config.leader} here; ` +
        "check it on both nodes",
    );
  }
}

/** The rules of following, with what this node's storage holds. */
function followerOf(options: NodeOptions): Follower {
  const { config, storage, incarnation } = options;
  return new Follower({
    ...ruleStart(options),
    leader: config.leader,
    incarnation,
    last: () => storage.logBounds().last,
  });
}
