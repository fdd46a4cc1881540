/**
 * Leading: whatever happens to a leader becomes a fact in its inbox, the rules turn facts into
 * effects, and every step's effects are performed here.
 */
import { Leader } from "../../../replication/leader/leader.ts";
import type {
  Deposed,
  LeaderEffects,
  LeaderFlush,
} from "../../../replication/leader/leader-effects.ts";
import { Inbox } from "../../inbox.ts";
import { epochLeap, type NodeOptions, tickMs } from "../../options.ts";
import { NodeParts, type RoleHooks, ruleStart } from "../../parts.ts";
import { inFlightMsMax } from "../../stopping.ts";
import { queueStorage, type StorageReports } from "../../storage-effects.ts";
import { Waiting } from "../../waiting.ts";
import { CommitAnnouncer } from "./announcer.ts";
import { LeaderLinks } from "./links.ts";
import { LeaderTelemetry } from "./telemetry.ts";
import { LeaderWrites } from "./writes.ts";

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
  readonly writes: LeaderWrites;
  readonly #links: LeaderLinks;
  /** How the rules learn that a flush is done. */
  readonly #flushes: StorageReports<LeaderFlush>;

  constructor(options: NodeOptions) {
    this.core = leaderOf(options);
    this.parts = new NodeParts(options, this.#hooks(options));
    this.inbox = this.#newInbox();
    this.telemetry = new LeaderTelemetry(this.parts);
    this.settling = new Waiting(options.clock);
    this.writes = new LeaderWrites(this);
    this.#links = new LeaderLinks(this.parts, this.core, this.inbox);
    const persisted = (flush: LeaderFlush) =>
      this.inbox.take(() => this.core.persisted(flush, options.clock.now()));
    this.#flushes = {
      persisted,
      installed: (flush) => {
        persisted(flush);
        this.parts.watches.jumped();
      },
    };
  }

  #hooks({ clock, config }: NodeOptions): RoleHooks {
    const { core } = this;
    return {
      applied: ({ applied, digest, history }) =>
        this.inbox.take(() => core.storeApplied(applied, digest, history)),
      storageFault: () => {},
      betweenFlushes: () => this.writes.betweenFlushes(),
      neededFrom: () => core.neededFrom,
      logEnd: () =>
        core.notReady === undefined && this.parts.lifetime.ended === undefined
          ? { last: core.last, trueAt: clock.now() }
          : undefined,
      watchTimeoutMs: config.timeout,
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
      },
      broken: (reason) => parts.stop(reason, core.epoch),
    });
    const announcer = new CommitAnnouncer(parts, core, inbox);
    return inbox;
  }

  /** Begins to lead. Until enough followers have answered, calls get RECOVERING. */
  start(): void {
    const { clock } = this.parts.options;
    this.#links.listen();
    this.inbox.take(() => this.core.start(clock.now()));
    this.#links.dialAll();
    this.parts.repeat(tickMs, () => this.inbox.take(() => this.core.tick(clock.now())));
  }

  /** Sets the write quorum of all writes that do not choose their own. */
  setWriteQuorum(quorum: number): void {
    const { clock } = this.parts.options;
    this.inbox.take(() => this.core.setWriteQuorum(quorum, clock.now()));
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
      const open = this.settling.size + this.writes.waiting;
      if (open > 0 && clock.now() < until && !lifetime.over) {
        clock.after(closingLookMs, look);
        return;
      }
      this.settling.expireAll();
      flusher.whenIdle(() => {
        this.#end();
        closed();
      });
    };
    look();
  }

  #end(): void {
    this.parts.end();
    // A write of the last turn may have been proposed since the others expired.
    this.settling.expireAll();
    this.#links.close();
  }

  /**
   * The one place where effects are carried out. Storage is only queued: its flush begins when the round is
   * over. Writers are answered before anything is sent.
   */
  #perform({ storage, closes, news, settled, sends, deposed }: LeaderEffects): void {
    queueStorage(storage, this.parts.flusher, this.#flushes);
    for (const { to, reason } of closes) this.#links.giveUp(to, reason);
    for (const each of news) this.telemetry.news(each, this.core.epoch);
    for (const slot of settled) {
      this.telemetry.settled(slot);
      this.settling.reach(slot.entry.sequence);
    }
    for (const { to, message } of sends) this.#links.send(to, message);
    if (deposed !== undefined) this.#deposed(deposed);
  }

  /** What this node answers from now on may be old: it refuses calls at once, flushes and stops. */
  #deposed(deposed: Deposed): void {
    const { lifetime, flusher } = this.parts;
    const reason =
      deposed.reason === "diskWentBack"
        ? "a follower shows that this node's disk went back in time: this node no longer leads"
        : `${deposed.by} leads with epoch ${deposed.epoch}: this node no longer leads`;
    lifetime.end("this node no longer leads");
    flusher.whenIdle(() => this.parts.stop(reason, this.core.epoch));
  }
}

/** The rules of leading, with what this node's storage holds. */
function leaderOf(options: NodeOptions): Leader {
  const { config, storage, incarnation } = options;
  const start = ruleStart(options);
  const everything = { entriesMax: Number.MAX_SAFE_INTEGER, bytesMax: Number.MAX_SAFE_INTEGER };
  return new Leader({
    ...start,
    followers: config.nodes.map(({ id }) => id).filter((id) => id !== config.nodeId),
    writeQuorum: config.writeQuorum,
    tail: storage.readLog(start.applied + 1, everything),
    leap: epochLeap(incarnation),
  });
}
