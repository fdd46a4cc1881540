/** Before a leader answers a read, followers show that they still follow it, or it holds a lease that says so. */
import type { Failed, Result } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Rounds } from "../../../replication/leader/rounds.ts";
import type { Instant } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";
import { recovering } from "../../refusals.ts";
import { Waiting, whenReached } from "../../waiting.ts";

/** A round that is not confirmed by then is followed by another one. */
const roundMsMax = 50;
/** Where several reads shared the last round, the next one begins so long after it: more will share it. */
const gatherMs = 1;

/** All reads that wait share a round. With a lease, or where nobody else can lead (FAILOVER=0), they need none. */
export class ReadRounds {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  /** Reads that wait for a round with at least this number. */
  readonly #waiting: Waiting;
  /** The highest round whose reads are answered. */
  #answered = 0;
  #isShared = false;
  /** Drops the plan for the next round; undefined: there is none. Invariant: no other plan can still ask. */
  #dropPlan: Cancel | undefined;
  /** A round is asked for although no read waits. */
  #wanted = false;

  constructor(owner: { parts: NodeParts; core: Leader; inbox: Inbox<LeaderEffects> }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#waiting = new Waiting(owner.parts.options.clock);
  }

  /** Undefined: it is certain that this node leads at this moment. */
  #roundsNeeded(): Rounds | undefined {
    const { rounds } = this.#core;
    const isAlone = rounds === undefined || rounds.needed === 0;
    return isAlone || this.#core.holdsLease(this.#parts.options.clock.now()) ? undefined : rounds;
  }

  /**
   * Answers the read once a round that begins from now on is confirmed, or after this time. OVERLOADED when too many
   * calls wait already.
   */
  whenConfirmed<T>(
    read: () => Result<T> | Promise<Result<T>>,
    timeoutMs = this.#parts.options.config.timeout,
  ): Result<T> | Promise<Result<T>> {
    const rounds = this.#roundsNeeded();
    if (rounds === undefined) return read();
    this.#plan(rounds);
    return whenReached(this.#waiting, rounds.asked + 1, {
      timeoutMs,
      again: read,
      expired: () => this.#unconfirmed(rounds.needed),
    });
  }

  /** The same for a refusal that rests on what was read. */
  answer(result: Failed, timeoutMs: number, give: (result: Failed) => void): void {
    const confirmed = this.whenConfirmed<never>(() => result, timeoutMs);
    const giveIt = (answer: Result<never>) => {
      if (!answer.ok) give(answer);
    };
    if (confirmed instanceof Promise) void confirmed.then(giveIt);
    else giveIt(confirmed);
  }

  /** When this node last led for certain; asks for a round that tells of now. */
  ledAt(): Instant {
    const { rounds } = this.#core;
    if (rounds === undefined) return this.#parts.options.clock.now();
    this.#wanted = true;
    this.#plan(rounds);
    return rounds.ledAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Followers may have answered: reads that waited for them are answered now. */
  advance(): void {
    const { rounds } = this.#core;
    if (rounds === undefined || rounds.confirmed <= this.#answered) return;
    this.#answered = rounds.confirmed;
    const before = this.#waiting.size;
    this.#waiting.reachAll(this.#answered);
    this.#isShared = before - this.#waiting.size > 1;
    this.#dropPlan?.();
    if (this.#waiting.size > 0) this.#plan(rounds);
  }

  /** Answers the reads that wait: the node leads no more. */
  leave(): void {
    this.#dropPlan?.();
    this.#waiting.expireAll();
  }

  #unconfirmed(needed: number): Failed {
    return recovering(
      `fewer than ${needed} followers confirmed in time that this node leads; ` +
        "it may have been replaced",
    );
  }

  /** The next round begins once the one under way is confirmed, or has taken too long. */
  #plan(rounds: Rounds): void {
    if (this.#dropPlan !== undefined) return;
    const { clock } = this.#parts.options;
    const isUnderWay = rounds.confirmed < rounds.asked;
    const afterMs = isUnderWay ? roundMsMax : this.#isShared ? gatherMs : 0;
    const waitMs = rounds.askedAt + afterMs - clock.now();
    let cancel: Cancel = () => {};
    const drop = () => {
      cancel();
      if (this.#dropPlan === drop) this.#dropPlan = undefined;
    };
    const run = () => {
      if (this.#dropPlan !== drop) return;
      this.#dropPlan = undefined;
      this.#ask();
    };
    this.#dropPlan = drop;
    if (waitMs > 0) cancel = clock.after(waitMs, run);
    else clock.defer(run);
  }

  #ask(): void {
    const { rounds } = this.#core;
    const isAsked = this.#waiting.size > 0 || this.#wanted;
    if (rounds === undefined || !isAsked || this.#parts.lifetime.over) return;
    const { clock } = this.#parts.options;
    this.#wanted = false;
    this.#inbox.take(() => this.#core.askRound(clock.now()));
    // It may be lost, or find no follower that takes part yet.
    if (this.#waiting.size > 0) this.#plan(rounds);
  }
}
