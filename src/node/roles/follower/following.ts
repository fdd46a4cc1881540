/**
 * Following: whatever happens to a follower becomes a fact in its inbox, the rules turn facts into
 * effects, and every step's effects are performed here.
 */
import { Follower } from "../../../replication/follower/follower.ts";
import type {
  FollowerEffects,
  FollowerFlush,
  FollowerNews,
} from "../../../replication/follower/follower-effects.ts";
import type { NodeId, Sequence } from "../../../replication/types.ts";
import { Inbox } from "../../inbox.ts";
import type { NodeLife } from "../../life.ts";
import { refusedMs } from "../../options.ts";
import { NodeParts, ruleStart } from "../../parts.ts";
import type { Leave, RoleHooks } from "../../role.ts";
import { queueStorage, type StorageReports } from "../../storage-effects.ts";
import { Candidacy } from "./candidacy.ts";
import { LeaderContact } from "./contact.ts";
import { LatePromises } from "./late-promises.ts";
import { FollowerLinks } from "./links.ts";
import { FollowerReads } from "./reads.ts";

/** One node following, from `start` until it is closed. */
export class Following {
  readonly parts: NodeParts;
  readonly core: Follower;
  readonly contact: LeaderContact;
  readonly reads: FollowerReads;
  readonly inbox: Inbox<FollowerEffects>;
  readonly hooks: RoleHooks;
  /** Undefined with FAILOVER=0: this node never leads. */
  readonly candidacy: Candidacy | undefined;
  /** Undefined with FAILOVER=0: nothing is lent. */
  readonly promises: LatePromises | undefined;
  /** How the rules learn that a flush is done. */
  readonly #flushes: StorageReports<FollowerFlush>;

  constructor(life: NodeLife, leave: Leave) {
    const { clock, config } = life.options;
    this.core = followerOf(life);
    this.contact = new LeaderContact(
      this.core,
      clock,
      config.failover ? config.electionTimeout : 0,
    );
    this.parts = new NodeParts(life);
    this.reads = new FollowerReads(this.parts, this.core);
    this.inbox = this.#newInbox();
    this.candidacy = config.failover ? new Candidacy(this.parts, this.core, leave) : undefined;
    this.promises = this.candidacy && new LatePromises({ ...this, candidacy: this.candidacy });
    this.hooks = this.#newHooks(new FollowerLinks(this));
    const persisted = (flush: FollowerFlush) => this.inbox.take(() => this.core.persisted(flush));
    this.#flushes = {
      begins: () => this.contact.snapshotBegins(),
      persisted,
      sealed: (store) => this.inbox.take(() => this.core.sealed(store)),
      installed: (flush) => {
        this.contact.snapshotInstalled();
        persisted(flush);
        this.reads.applied(this.core.applied);
        this.parts.watches.jumped();
      },
    };
  }

  #newHooks(links: FollowerLinks): RoleHooks {
    const { core, contact } = this;
    return {
      received: (number, message) => links.received(number, message),
      closed: (number, reason) => links.closed(number, reason),
      applied: ({ applied, digest, history }) => {
        this.inbox.take(() => core.storeApplied(applied, digest, history));
        this.reads.applied(applied);
      },
      storageFault: (reason) => {
        core.storageFault = reason ?? "";
      },
      betweenFlushes: () => {},
      neededFrom: () => Number.POSITIVE_INFINITY,
      logEnd: () => contact.logEnd,
      faultConsequence: "this node acks nothing until it can",
    };
  }

  #newInbox(): Inbox<FollowerEffects> {
    const { parts, core } = this;
    return new Inbox<FollowerEffects>({
      lifetime: parts.lifetime,
      perform: (effects) => this.#perform(effects),
      performed: () => {
        parts.flusher.kick();
        parts.life.leaders.look();
      },
      broken: (reason) => parts.stop(reason, core.epoch),
    });
  }

  /** Waits for a leader's stream, and for one that can be elected if none comes. */
  start(): void {
    this.candidacy?.start();
  }

  /** The node plays another role from now on. */
  leave(): void {
    this.parts.leave();
    this.promises?.leave();
    this.reads.close();
  }

  /** Answers waiting reads with RECOVERING, takes no more messages, flushes and ends. */
  close(closed: () => void): void {
    this.parts.beginClosing();
    this.reads.close();
    this.parts.flusher.whenIdle(() => {
      this.parts.end();
      this.parts.life.streams.closeAll();
      closed();
    });
  }

  /** The one place where effects are carried out. Storage is only queued: acks follow its flush. */
  #perform({ storage, closes, news, sends }: FollowerEffects): void {
    const { streams, flusher } = this.parts.life;
    queueStorage(storage, flusher, this.#flushes);
    for (const { to } of closes) streams.giveUp(to);
    for (const each of news) this.#tell(each);
    for (const { to, message } of sends) streams.send(to, message);
  }

  #tell(news: FollowerNews): void {
    switch (news.type) {
      case "storeReplaced":
        this.#storeReplaced(news.leader, news.applied);
        return;
      case "strangerRefused":
        this.#strangerRefused(news);
        return;
      case "snapshotRefused":
        this.parts.life.strangers.snapshotRefused(news.leader, news.reason);
        return;
      case "leapRefused":
        this.parts.life.strangers.mayNotLead(news, "nothing was promised");
        return;
      case "otherCluster":
        this.#otherCluster(news);
        return;
      case "readMark":
        this.reads.marked(news.number, news.sequence);
        return;
      case "stand":
        this.#handOver(news.to);
        return;
    }
  }

  #otherCluster(news: Extract<FollowerNews, { type: "otherCluster" }>): void {
    const { options, life } = this.parts;
    const { leader, reason, mayAskAgain, link } = news;
    life.strangers.refused(leader, reason);
    // A moment later, so that the refusal arrives.
    if (mayAskAgain) options.clock.after(refusedMs, () => life.streams.giveUp(link));
  }

  #handOver(to: NodeId): void {
    const { nodeId } = this.parts.options.config;
    if (to !== nodeId) this.candidacy?.expect(to);
    else if (!this.core.hardState.blank) this.candidacy?.stand(this.core.epoch);
  }

  #storeReplaced(leader: NodeId, applied: Sequence): void {
    this.parts.options.log.error(
      { leader, applied },
      "this node has applied entries that the leader's history lacks; " +
        "a snapshot replaces its store",
    );
    this.parts.watches.replaced();
  }

  #strangerRefused(news: Extract<FollowerNews, { type: "strangerRefused" }>): void {
    const { leader: expected } = this.parts.options.config;
    const mending = "NODES, LEADER and FAILOVER must be the same on both nodes";
    this.parts.life.strangers.mayNotLead(news, mending, { expected });
  }
}

/** The rules of following, with what this node's storage holds. */
function followerOf({ options, elections, settings }: NodeLife): Follower {
  const { config, storage, incarnation } = options;
  return new Follower({
    ...ruleStart(options),
    leader: config.leader,
    all: config.nodes.map(({ id }) => id),
    nodes: config.failover ? config.nodes.map(({ id }) => id) : undefined,
    lending: config.failover ? elections.lending : undefined,
    incarnation,
    last: () => storage.logBounds().last,
    settings: config.failover ? () => settings.changed : undefined,
  });
}
