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
import type { Epoch, NodeId, Sequence } from "../../../replication/types.ts";
import { Inbox } from "../../inbox.ts";
import type { NodeOptions } from "../../options.ts";
import { NodeParts, type RoleHooks, ruleStart } from "../../parts.ts";
import { queueStorage, type StorageReports } from "../../storage-effects.ts";
import { heartbeatAgeMsMax, LeaderContact } from "./contact.ts";
import { FollowerLinks } from "./links.ts";
import { FollowerReads } from "./reads.ts";

/** One node following, from `start` until it is closed. */
export class Following {
  readonly parts: NodeParts;
  readonly core: Follower;
  readonly contact: LeaderContact;
  readonly reads: FollowerReads;
  readonly inbox: Inbox<FollowerEffects>;
  readonly #links: FollowerLinks;
  /** How the rules learn that a flush is done. */
  readonly #flushes: StorageReports<FollowerFlush>;

  constructor(options: NodeOptions) {
    this.core = followerOf(options);
    this.contact = new LeaderContact(this.core, options.clock);
    this.parts = new NodeParts(options, this.#hooks(options));
    this.reads = new FollowerReads(this.parts, this.core);
    this.inbox = this.#newInbox();
    this.#links = new FollowerLinks(this);
    const persisted = (flush: FollowerFlush) => this.inbox.take(() => this.core.persisted(flush));
    this.#flushes = {
      begins: () => this.contact.snapshotBegins(),
      persisted,
      installed: (flush) => {
        this.contact.snapshotInstalled();
        persisted(flush);
        this.reads.applied(this.core.applied);
        this.parts.watches.jumped();
      },
    };
  }

  #hooks({ config }: NodeOptions): RoleHooks {
    const { core, contact } = this;
    return {
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
      watchTimeoutMs: Math.max(config.timeout, 2 * heartbeatAgeMsMax),
      faultConsequence: "this node acks nothing until it can",
    };
  }

  #newInbox(): Inbox<FollowerEffects> {
    const { parts, core } = this;
    return new Inbox<FollowerEffects>({
      lifetime: parts.lifetime,
      perform: (effects) => this.#perform(effects),
      performed: () => parts.flusher.kick(),
      broken: (reason) => parts.stop(reason, core.epoch),
    });
  }

  /** Waits for a leader's stream; a follower opens none itself. */
  start(): void {
    this.#links.listen();
  }

  /** Answers waiting reads with RECOVERING, takes no more messages, flushes and ends. */
  close(closed: () => void): void {
    this.parts.beginClosing();
    this.reads.close();
    this.parts.flusher.whenIdle(() => {
      this.parts.end();
      this.#links.close();
      closed();
    });
  }

  /** The one place where effects are carried out. Storage is only queued: acks follow its flush. */
  #perform({ storage, closes, news, sends }: FollowerEffects): void {
    queueStorage(storage, this.parts.flusher, this.#flushes);
    for (const { to } of closes) this.#links.giveUp(to);
    for (const each of news) this.#tell(each);
    for (const { to, message } of sends) this.#links.send(to, message);
  }

  #tell(news: FollowerNews): void {
    if (news.type === "storeReplaced") this.#storeReplaced(news.leader, news.applied);
    else this.#strangerRefused(news.leader, news.epoch);
  }

  #storeReplaced(leader: NodeId, applied: Sequence): void {
    this.parts.options.log.error(
      { leader, applied },
      "this node has applied entries that the leader's history lacks; " +
        "a snapshot replaces its store",
    );
    this.parts.watches.replaced();
  }

  #strangerRefused(leader: NodeId, refusedEpoch: Epoch): void {
    const { log, config } = this.parts.options;
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
