import { type Failed, failed, type Result, succeeded } from "../errors.ts";
import type { Leader } from "../replication/leader.ts";
import type { LeaderEffect } from "../replication/leader-effects.ts";
import type { Slot } from "../replication/ledger.ts";
import type { ProposalOutcome, Refusal } from "../replication/proposal.ts";
import type { Instant } from "../replication/types.ts";
import type { NodeObserver, WriteReceipt, WriteRequest } from "./api.ts";
import type { Flusher } from "./flusher.ts";
import type { Cancel, Clock, DelayControl } from "./ports.ts";
import {
  overloaded,
  quorumUnavailable,
  recovering,
  refusalResult,
  shuttingDown,
} from "./refusals.ts";
import type { Timeline } from "./timeline.ts";
import { type Waiting, waitingMax } from "./waiting.ts";
import type { WriteEvents } from "./write-events.ts";

interface Ask {
  readonly request: WriteRequest;
  readonly proposedAt: Instant;
  readonly deadlineAt: Instant;
  readonly answer: (result: Result<WriteReceipt>) => void;
}

/** Writes wait at most this long for a flush that is under way before they are proposed. */
const gatherMsMax = 3;

export interface LeaderWritesParts {
  readonly core: Leader;
  readonly flusher: Flusher;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly delays: DelayControl;
  readonly story: WriteEvents;
  readonly timeline: Timeline;
  /** Those who wait until one entry is settled. */
  readonly settling: Waiting;
  readonly followers: number;
  readonly timeoutMs: number;
  /** Takes facts, and carries out what they lead to. */
  readonly take: (fact: () => readonly LeaderEffect[]) => void;
  /** This node leads no more. */
  readonly isOver: () => boolean;
  readonly isClosing: () => boolean;
}

/** Writes from their request to their answer. Each is answered exactly once. */
export class LeaderWrites {
  readonly #parts: LeaderWritesParts;
  /** They will be proposed together. */
  #asks: Ask[] = [];
  #gathering = false;
  #stopGathering: Cancel = () => {};

  constructor(parts: LeaderWritesParts) {
    this.#parts = parts;
  }

  /** Not proposed yet. */
  get waiting(): number {
    return this.#asks.length;
  }

  submit(request: WriteRequest, answer: (result: Result<WriteReceipt>) => void): void {
    const refusal = this.#refuseEarly(request);
    if (refusal !== undefined) {
      this.#count(refusal);
      answer(refusal);
      return;
    }
    const proposedAt = this.#parts.clock.now();
    const deadlineAt = proposedAt + (request.timeoutMs ?? this.#parts.timeoutMs);
    this.#asks.push({ request, proposedAt, deadlineAt, answer });
    if (this.#asks.length === 1) this.#parts.clock.defer(() => this.#proposeSoon());
  }

  #refuseEarly(request: WriteRequest): Failed | undefined {
    const { followers, flusher, settling, isClosing, isOver } = this.#parts;
    if (request.quorum !== undefined && request.quorum > followers)
      return failed("INVALID_ARGUMENT", `quorum must be a whole number from 0 to ${followers}`);
    if (isClosing()) return shuttingDown();
    if (isOver()) return recovering("this reign is over");
    const { fault } = flusher;
    if (fault !== undefined)
      return overloaded(`the leader's storage cannot flush: ${fault}; nothing was written`);
    if (this.#asks.length + settling.size >= waitingMax)
      return overloaded(`${waitingMax} writes already wait; nothing was written`);
    return undefined;
  }

  /**
   * While a flush is under way, the writes of further turns join this one: they could not be
   * flushed sooner, and share one message for each follower. Only a slow disk makes them go alone.
   */
  #proposeSoon(): void {
    if (this.#asks.length === 0 || this.#gathering) return;
    if (!this.#parts.flusher.busy) {
      this.#propose();
      return;
    }
    this.#gathering = true;
    this.#stopGathering = this.#parts.clock.after(gatherMsMax, () => this.#propose());
  }

  /** A flush has ended: those who waited to share the next one go now. */
  betweenFlushes(): void {
    if (this.#gathering) this.#propose();
  }

  #propose(): void {
    this.#gathering = false;
    this.#stopGathering();
    const asks = this.#asks;
    this.#asks = [];
    if (this.#parts.isOver()) {
      const refusal = recovering("this reign is over");
      for (const { answer } of asks) {
        this.#count(refusal);
        answer(refusal);
      }
      return;
    }
    const now = this.#parts.clock.now();
    const proposals = asks.map(({ request, proposedAt, deadlineAt }) => ({
      operations: request.operations,
      quorum: request.quorum,
      proposedAt,
      deadlineAt,
    }));
    this.#parts.timeline.note(this.#parts.core.last + 1, now);
    this.#parts.take(() => {
      const { outcomes, effects } = this.#parts.core.propose(proposals, now);
      for (const [index, outcome] of outcomes.entries()) {
        const ask = asks[index];
        if (ask !== undefined) this.#await(ask, outcome, now);
      }
      return effects;
    });
  }

  #await(ask: Ask, outcome: ProposalOutcome, now: number): void {
    if (outcome.type === "refused") {
      this.#refuse(ask, outcome.refusal);
      return;
    }
    const { slot } = outcome;
    this.#parts.story.proposed(slot);
    this.#parts.settling.add(slot.entry.sequence, {
      timeoutMs: ask.deadlineAt - now,
      reached: () => this.#answer(ask, slot),
      expired: () => this.#unknown(ask, slot),
    });
  }

  #count({ failure }: Failed): void {
    this.#parts.observer.wrote("refused", 0);
    this.#parts.story.refused(failure.code);
  }

  #answer(ask: Ask, slot: Slot): void {
    // It settled with less than was asked for: its deadline had passed, and is only heard of now.
    if (slot.acks.length < (ask.request.quorum ?? 0)) {
      this.#unknown(ask, slot);
      return;
    }
    const latencyMs = this.#parts.clock.now() - ask.proposedAt;
    this.#parts.observer.wrote("settled", latencyMs);
    const { sequence } = slot.entry;
    const { delays } = this.#parts;
    const trace = ask.request.trace === true;
    const acks = slot.acks.map(({ node, at }) => ({
      node,
      ms: at - ask.proposedAt,
      delayMs: trace ? delays.elapsedMs(node, sequence) : 0,
    }));
    ask.answer(succeeded({ version: sequence, quorum: slot.quorum, acks, latencyMs }));
  }

  #unknown(ask: Ask, slot: Slot): void {
    const { sequence } = slot.entry;
    // Before it is in the leader's own log, a restart may give its version to another write.
    const isDurable = sequence <= this.#parts.core.ledger.flushed;
    const version = isDurable ? { version: sequence } : {};
    const acks = slot.acks.map(({ node }) => node);
    const quorum = ask.request.quorum ?? slot.quorum;
    this.#parts.observer.wrote("unknown", this.#parts.clock.now() - ask.proposedAt);
    this.#parts.story.unknown(slot);
    ask.answer(
      failed(
        "OUTCOME_UNKNOWN",
        `the deadline passed with ${acks.length} of ${quorum} acks: the write may still settle`,
        { members: { ...version, acks, quorum } },
      ),
    );
  }

  #refuse(ask: Ask, refusal: Refusal): void {
    const result = refusalResult(refusal);
    this.#count(result);
    const after = "after" in refusal ? refusal.after : 0;
    if (after === 0 || this.#parts.core.ledger.isSettled(after)) {
      ask.answer(result);
      return;
    }
    // What the refusal rests on may still vanish: it is true only once that entry is settled.
    this.#parts.settling.add(after, {
      timeoutMs: ask.deadlineAt - this.#parts.clock.now(),
      reached: () => ask.answer(result),
      expired: () =>
        ask.answer(
          quorumUnavailable(
            `whether the condition holds depends on write ${after}, which is not settled`,
            {
              live: this.#parts.core.liveFollowers.length,
              quorum: ask.request.quorum ?? this.#parts.core.writeQuorum,
            },
          ),
        ),
    });
  }
}
