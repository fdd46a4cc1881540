/**
 * Leading: whatever happens to a leader becomes a fact in its inbox, the rules turn facts into
 * effects, and every step's effects are performed here.
 */

import type { Failed } from "../../../errors.ts";
import { placeOf } from "../../../replication/election/epochs.ts";
import { Leader } from "../../../replication/leader/leader.ts";
import type {
  Deposed,
  LeaderEffects,
  LeaderFlush,
} from "../../../replication/leader/leader-effects.ts";
import { Inbox } from "../../inbox.ts";
import type { NodeLife } from "../../life.ts";
import { epochLeap, otherIds, tickMs } from "../../options.ts";
import { NodeParts, ruleStart } from "../../parts.ts";
import type { LeadingTurn, Leave, RoleHooks } from "../../role.ts";
import { inFlightMsMax } from "../../stopping.ts";
import { queueStorage, type StorageReports } from "../../storage-effects.ts";
import { Waiting } from "../../waiting.ts";
import { CommitAnnouncer } from "./announcer.ts";
import { HandBack } from "./hand-back.ts";
import { Handover } from "./handover.ts";
import { LeaderIncoming } from "./incoming.ts";
import { LeaderLinks } from "./links.ts";
import { LiveSettings } from "./live-settings.ts";
import { ReadRounds } from "./read-rounds.ts";
import { LeaderTelemetry } from "./telemetry.ts";
import { LeaderWrites } from "./writes.ts";

/** Far more elections than one node can miss while others hold them. */
const electionLeap = 1_000_000;
/** How often a closing leader looks whether the writes in flight are answered. */
const closingLookMs = 10;

/** One node leading, from `start` until it is deposed or closed. */
export class Leading {
  readonly parts: NodeParts;
  readonly core: Leader;
  readonly inbox: Inbox<LeaderEffects>;
  readonly telemetry: LeaderTelemetry;
  /** Calls that wait until one entry is settled. */
  readonly settling: Waiting;
  /** Calls that wait until the log is committed so far. */
  readonly committing: Waiting;
  readonly writes: LeaderWrites;
  readonly confirming: ReadRounds;
  readonly settings: LiveSettings;
  readonly handover: Handover;
  readonly hooks: RoleHooks;
  readonly #links: LeaderLinks;
  readonly #leave: Leave;
  /** The next turn sends what this one has kept back. */
  #sendsMore = false;
  /** How the rules learn that a flush is done. */
  readonly #flushes: StorageReports<LeaderFlush>;

  constructor(life: NodeLife, turn: LeadingTurn, leave: Leave) {
    const { options } = life;
    this.core = leaderOf(life, turn);
    this.parts = new NodeParts(life);
    this.#leave = leave;
    this.inbox = this.#newInbox();
    this.telemetry = new LeaderTelemetry(this.parts);
    this.settling = new Waiting(options.clock);
    this.committing = new Waiting(options.clock);
    this.confirming = new ReadRounds(this);
    this.settings = new LiveSettings(this);
    this.writes = new LeaderWrites(this);
    this.handover = new Handover(this);
    this.#links = new LeaderLinks(this);
    this.hooks = this.#newHooks();
    const persisted = (flush: LeaderFlush) =>
      this.inbox.take(() => this.core.persisted(flush, options.clock.now()));
    this.#flushes = {
      persisted,
      sealed: (store) => this.inbox.take(() => this.core.sealed(store, options.clock.now())),
      installed: (flush) => {
        persisted(flush);
        this.settling.reachAll(this.core.committed);
        this.parts.watches.jumped();
      },
    };
  }

  #newHooks(): RoleHooks {
    const { core, parts } = this;
    const incoming = new LeaderIncoming({ parts, core, leave: this.#leave });
    return {
      received: (number, message) => incoming.received(number, message),
      closed: () => {},
      applied: ({ applied, digest, history }) =>
        this.inbox.take(() => core.storeApplied(applied, digest, history)),
      storageFault: () => {},
      betweenFlushes: () => this.writes.betweenFlushes(),
      neededFrom: () => core.neededFrom,
      logEnd: () =>
        core.notReady === undefined && this.parts.lifetime.ended === undefined
          ? { last: core.last, trueAt: this.confirming.ledAt() }
          : undefined,
      faultConsequence: "writes are refused until it can",
    };
  }

  #newInbox(): Inbox<LeaderEffects> {
    const { parts, core } = this;
    const inbox = new Inbox<LeaderEffects>({
      lifetime: parts.lifetime,
      perform: (effects) => this.#perform(effects),
      performed: () => {
        parts.flusher.kick();
        announcer.schedule();
        this.#sendMoreSoon();
        this.confirming.advance();
        this.handover.advance();
        this.settings.advance();
        if (core.notReady === undefined) this.telemetry.leads();
        parts.life.leaders.look();
      },
      broken: (reason) => parts.stop(reason, core.epoch),
    });
    const announcer = new CommitAnnouncer(parts.options.clock, {
      core,
      isFollowed: () => this.writes.areGathered,
      announce: () => inbox.takeFollowing(() => core.announce()),
    });
    return inbox;
  }

  /** Begins to lead. Until enough followers have answered, calls get RECOVERING. */
  start(): void {
    const { clock } = this.parts.options;
    this.inbox.take(() => this.core.start(clock.now()));
    this.#links.dialAll();
    const { flusher } = this.parts;
    const handBack = new HandBack(this);
    this.parts.repeat(tickMs, () => {
      this.inbox.take(() => this.core.tick(clock.now(), flusher.fault === undefined));
      if (this.parts.options.config.failover) handBack.tick(clock.now());
    });
  }

  /**
   * Refuses new writes and waits up to `inFlightMsMax` for those in flight. The rest are answered
   * OUTCOME_UNKNOWN. Then the node flushes and ends.
   */
  close(closed: () => void): void {
    const { options, flusher, lifetime } = this.parts;
    const { clock, config } = options;
    this.parts.beginClosing();
    const until = clock.now() + Math.min(inFlightMsMax, config.timeout);
    const look = () => {
      const open = this.settling.size + this.committing.size + this.writes.waiting;
      if (open > 0 && clock.now() < until && !lifetime.over) {
        clock.after(closingLookMs, look);
        return;
      }
      this.#expireAll();
      flusher.whenIdle(() => {
        this.#end();
        closed();
      });
    };
    look();
  }

  /** The node plays another role from now on. What was proposed and has not settled may yet settle. */
  leave(refusal: Failed): void {
    this.parts.leave();
    this.handover.leave();
    this.writes.leave(refusal);
    this.#expireAll();
    this.confirming.leave();
    this.#links.close();
  }

  #expireAll(): void {
    this.settling.expireAll();
    this.committing.expireAll();
  }

  #end(): void {
    this.parts.end();
    // A write of the last turn may have been proposed since the others expired.
    this.#expireAll();
    this.#links.close();
    this.parts.life.streams.closeAll();
  }

  /**
   * The one place where effects are carried out. Storage is only queued: its flush begins when the round is
   * over. Writers are answered before anything is sent.
   */
  #perform({ storage, closes, news, settled, sends, deposed }: LeaderEffects): void {
    queueStorage(storage, this.parts.flusher, this.#flushes);
    for (const { to, reason } of closes) this.#links.giveUp(to, reason);
    for (const each of news) {
      this.telemetry.news(each, this.core.epoch);
      if (each.type === "settings") this.settings.keep(each.settings);
    }
    for (const slot of settled) {
      this.telemetry.settled(slot);
      this.settling.reach(slot.entry.sequence);
    }
    this.committing.reachAll(this.core.committed);
    if (settled.length > 0) this.writes.settled(settled);
    for (const { to, message } of sends) this.#links.send(to, message);
    if (deposed !== undefined) this.#deposed(deposed);
  }

  /** What a step has kept back goes in the next turn, so that other events come between them. */
  #sendMoreSoon(): void {
    if (this.#sendsMore || !this.core.hasMoreToSend) return;
    this.#sendsMore = true;
    this.parts.options.clock.defer(() => {
      this.#sendsMore = false;
      this.inbox.take(() => this.core.sendMore());
    });
  }

  /** With FAILOVER=1 the node follows from now on, or stands again in a higher epoch. */
  #deposed(deposed: Deposed): void {
    const { options } = this.parts;
    const { epoch } = this.core;
    // Whoever hands over has asked for it: every orderly stop would end with a warning.
    const level = this.handover.isUnderWay ? "info" : "warn";
    options.log[level]({ epoch, ...deposed }, deposedSentence(deposed));
    if (!options.config.failover) this.#stop(deposedSentence(deposed));
    else if (deposed.reason === "higherEpoch")
      this.#leave({ type: "follow", next: { leader: deposed.by, epoch: deposed.epoch } });
    else if (deposed.reason !== "blankFollowers") this.#leave({ type: "follow" });
    else {
      const above = epoch + electionLeap * options.config.nodes.length;
      this.#leave({ type: "stand", above, admitted: deposed.admit });
    }
  }

  /** What this node answers from now on may be old: it refuses calls at once, flushes and stops. */
  #stop(reason: string): void {
    const { lifetime, flusher } = this.parts;
    lifetime.end("this node no longer leads");
    flusher.whenIdle(() => this.parts.stop(reason, this.core.epoch));
  }
}

function deposedSentence(deposed: Deposed): string {
  switch (deposed.reason) {
    case "higherEpoch":
      return `${deposed.by} leads with epoch ${deposed.epoch}: this node no longer leads`;
    case "diskWentBack":
      return "a follower shows that this node's disk went back in time: this node no longer leads";
    case "noEpochLeft":
      return "no epoch above the one on this node's disk may be used: start it with an empty folder";
    case "notElected":
      return "too few nodes answered in time: this node does not lead";
    case "blankFollowers":
      return "a follower lost its disk while another node is away: this node leads on in a much higher epoch";
  }
}

/** The rules of leading, with what this node's storage holds. */
function leaderOf({ options, settings }: NodeLife, turn: LeadingTurn): Leader {
  const { config, storage, incarnation, freshClusterId } = options;
  const ids = config.nodes.map(({ id }) => id);
  const start = ruleStart(options);
  const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
  return new Leader({
    ...start,
    followers: otherIds(config),
    writeQuorum: settings.inForce.writeQuorum,
    tail: storage.readLog(start.applied + 1, everything),
    leap: epochLeap(incarnation),
    election: config.failover
      ? {
          place: placeOf(config.nodeId, ids),
          above: turn.above,
          timeoutMs: config.electionTimeout,
          leases: config.readLease,
          admitted: turn.admitted ?? new Map(),
        }
      : undefined,
    settings: () => settings.inForce,
    freshClusterId,
  });
}
