/** The first half of a write: refused at once, or gathered with others and proposed. */
import type { Failed } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Slot } from "../../../replication/leader/ledger.ts";
import type { WriteAnswer, WriteRequest } from "../../api.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import { checkQuorum } from "../../quorum.ts";
import { noLeader, overloaded, recovering, shuttingDown } from "../../refusals.ts";
import { type Waiting, waitingMax } from "../../waiting.ts";
import type { Ask } from "./ask.ts";
import { Gathering } from "./gathering.ts";
import type { ReadRounds } from "./read-rounds.ts";
import type { LeaderTelemetry } from "./telemetry.ts";
import { WriteAnswers } from "./write-answers.ts";

/** Writes from their request to their proposal: all those that `Gathering` joins are proposed together. */
export class LeaderWrites {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #settling: Waiting;
  readonly #telemetry: LeaderTelemetry;
  readonly #inbox: Inbox<LeaderEffects>;
  readonly #answers: WriteAnswers;
  /** They will be proposed together. */
  #asks: Ask[] = [];
  readonly #gathering: Gathering;
  /** A handover is under way. */
  #held = false;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    /** Calls that wait until one entry is settled. */
    settling: Waiting;
    telemetry: LeaderTelemetry;
    confirming: ReadRounds;
    inbox: Inbox<LeaderEffects>;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#settling = owner.settling;
    this.#telemetry = owner.telemetry;
    this.#inbox = owner.inbox;
    this.#answers = new WriteAnswers(owner);
    const { options, flusher } = owner.parts;
    this.#gathering = new Gathering(options.clock, {
      waiting: () => this.#asks.length,
      isFlushing: () => flusher.busy,
      propose: () => this.#propose(),
    });
  }

  /** How many are not proposed yet. */
  get waiting(): number {
    return this.#asks.length;
  }

  /** Some wait that will be proposed within milliseconds. */
  get areGathered(): boolean {
    return this.#asks.length > 0 && !this.#held;
  }

  /** Calls `answer` exactly once, at once if the write is refused before it is proposed. */
  submit(request: WriteRequest, answer: WriteAnswer): void {
    const refusal = this.#refuseEarly(request);
    if (refusal !== undefined) {
      this.#refuse(answer, refusal);
      return;
    }
    const { clock, config } = this.#parts.options;
    const proposedAt = clock.now();
    const deadlineAt = proposedAt + (request.timeoutMs ?? config.timeout);
    this.#asks.push({ request, proposedAt, deadlineAt, answer });
    if (!this.#held) this.#gathering.added();
  }

  #refuse(answer: WriteAnswer, refusal: Failed): void {
    this.#telemetry.refused(refusal.failure.code);
    answer(refusal);
  }

  /** What can be refused without asking the rules of leading. */
  #refuseEarly({ quorum }: WriteRequest): Failed | undefined {
    const { options, flusher, lifetime } = this.#parts;
    const fault = quorum === undefined ? undefined : checkQuorum("quorum", quorum, options.config);
    if (fault !== undefined) return fault;
    if (lifetime.closing) return shuttingDown();
    if (lifetime.ended !== undefined)
      return options.config.failover ? noLeader() : recovering(lifetime.ended);
    if (options.config.failover && this.#core.notReady !== undefined) return noLeader();
    if (flusher.fault !== undefined)
      return overloaded(`the leader's storage cannot flush: ${flusher.fault}; nothing was written`);
    if (this.#asks.length + this.#settling.size >= waitingMax)
      return overloaded(`${waitingMax} writes already wait; nothing was written`);
    return undefined;
  }

  /** Writes wait until `release`: this node may lead no more before they are proposed. */
  hold(): void {
    this.#held = true;
    this.#gathering.hold();
  }

  /** This node leads on. A write whose deadline has passed meanwhile is refused rather than proposed late. */
  release(): void {
    this.#held = false;
    const now = this.#parts.options.clock.now();
    const asks = this.#asks;
    this.#asks = asks.filter(({ deadlineAt }) => deadlineAt > now);
    for (const { answer, deadlineAt } of asks)
      if (deadlineAt <= now) this.#refuse(answer, noLeader());
    this.#gathering.release();
  }

  /** The node leads no more: what is not proposed was not written. */
  leave(refusal: Failed): void {
    this.#gathering.hold();
    for (const { answer } of this.#asks.splice(0)) this.#refuse(answer, refusal);
  }

  /** A flush has ended: the writes that waited to share the next one are proposed now. */
  betweenFlushes(): void {
    this.#gathering.flushed();
  }

  /** These entries have settled. */
  settled(slots: readonly Slot[]): void {
    this.#gathering.settled(slots.map(({ entry }) => entry.sequence));
  }

  /** One fact for all writes that wait; each is answered by `WriteAnswers`. */
  #propose(): void {
    const asks = this.#asks;
    this.#asks = [];
    const { ended } = this.#parts.lifetime;
    if (ended !== undefined) {
      for (const { answer } of asks) this.#refuse(answer, recovering(ended));
      return;
    }
    const now = this.#parts.options.clock.now();
    const proposals = asks.map(({ request, proposedAt, deadlineAt }) => ({
      operations: request.operations,
      idempotency: request.idempotency,
      quorum: request.quorum,
      proposedAt,
      deadlineAt,
    }));
    this.#telemetry.proposing(this.#core.last + 1, now);
    this.#inbox.take(() => {
      const first = this.#core.last + 1;
      const { outcomes, effects } = this.#core.propose(proposals, now);
      this.#gathering.proposed(first, this.#core.last);
      for (const [index, outcome] of outcomes.entries()) {
        const ask = asks[index];
        if (ask !== undefined) this.#answers.follow(ask, outcome, now);
      }
      return effects;
    });
  }
}
