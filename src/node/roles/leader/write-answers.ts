/** The second half of a write: accepted or refused, it ends in exactly one answer. */
import { type Failed, succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Slot } from "../../../replication/leader/ledger.ts";
import type { ProposalOutcome, Refusal } from "../../../replication/leader/proposal.ts";
import type { Instant, Sequence } from "../../../replication/types.ts";
import type { NodeParts } from "../../parts.ts";
import { outcomeUnknown, quorumUnavailable, refusalResult } from "../../refusals.ts";
import type { Waiting } from "../../waiting.ts";
import type { Ask } from "./ask.ts";
import type { ReadRounds } from "./read-rounds.ts";
import { RepeatAnswers } from "./repeat-answers.ts";
import type { LeaderTelemetry } from "./telemetry.ts";

/** From a proposal's outcome to the one answer that its writer gets. */
export class WriteAnswers {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #settling: Waiting;
  readonly #telemetry: LeaderTelemetry;
  readonly #confirming: ReadRounds;
  readonly #repeats: RepeatAnswers;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    /** Calls that wait until one entry is settled. */
    settling: Waiting;
    telemetry: LeaderTelemetry;
    confirming: ReadRounds;
  }) {
    this.#confirming = owner.confirming;
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#settling = owner.settling;
    this.#telemetry = owner.telemetry;
    this.#repeats = new RepeatAnswers({
      ...owner,
      unknown: (ask, slot) => this.#unknown(ask, slot),
    });
  }

  /** Answers when the entry settles, or at the write's deadline. */
  follow(ask: Ask, outcome: ProposalOutcome, now: Instant): void {
    if (outcome.type === "refused") {
      this.#refuse(ask, outcome.refusal);
      return;
    }
    if (outcome.type === "repeated") {
      this.#repeats.follow(ask, outcome, now);
      return;
    }
    const { slot } = outcome;
    this.#telemetry.proposed(slot);
    this.#settling.add(slot.entry.sequence, {
      timeoutMs: ask.deadlineAt - now,
      reached: () => this.#settled(ask, slot),
      expired: () => this.#unknown(ask, slot),
    });
  }

  /** The entry is settled: the writer gets its version and the acks that it waited for. */
  #settled(ask: Ask, slot: Slot): void {
    // With fewer acks than were asked for it settled after its deadline, at the cluster's quorum.
    if (slot.acks.length < (ask.request.quorum ?? 0)) {
      this.#unknown(ask, slot);
      return;
    }
    const { clock, delays } = this.#parts.options;
    const latencyMs = clock.now() - ask.proposedAt;
    this.#telemetry.answered(latencyMs);
    const { sequence } = slot.entry;
    const trace = ask.request.trace === true;
    const acks = slot.acks.map(({ node, at }) => ({
      node,
      ms: at - ask.proposedAt,
      delayMs: trace ? delays.elapsedMs(node, sequence) : 0,
    }));
    ask.answer(succeeded({ version: sequence, quorum: slot.quorum, acks, latencyMs }));
  }

  /** The deadline has passed: the entry may still settle, or vanish with this leader. */
  #unknown(ask: Ask, slot: Slot): void {
    const { sequence } = slot.entry;
    // Before it is in the leader's own log, a restart may give its version to another write; so may another leader.
    const isDurable = sequence <= this.#core.ledger.flushed && !this.#parts.options.config.failover;
    const acks = slot.acks.map(({ node }) => node);
    const quorum = ask.request.quorum ?? slot.quorum;
    this.#telemetry.unknown(slot, this.#parts.options.clock.now() - ask.proposedAt);
    ask.answer(outcomeUnknown({ version: isDurable ? sequence : undefined, acks, quorum }));
  }

  /** A refused condition is reported once the entry that it was checked against is settled. */
  #refuse(ask: Ask, refusal: Refusal): void {
    const result = refusalResult(refusal, ask.request.isBatch);
    const after = "after" in refusal ? refusal.after : 0;
    // What it says of the key is a read: it is told only by a node that still leads.
    const leftMs = () => ask.deadlineAt - this.#parts.options.clock.now();
    const tell = () => {
      if ("after" in refusal)
        this.#confirming.answer(result, leftMs(), (confirmed) => this.#refused(ask, confirmed));
      else this.#refused(ask, result);
    };
    if (after === 0 || this.#core.ledger.isSettled(after)) {
      tell();
      return;
    }
    this.#settling.add(after, {
      timeoutMs: leftMs(),
      reached: tell,
      expired: () => this.#refused(ask, this.#undecided(ask, after)),
    });
  }

  /** The refusal is counted by the code that its writer gets. */
  #refused(ask: Ask, result: Failed): void {
    this.#telemetry.refused(result.failure.code);
    ask.answer(result);
  }

  /** That entry did not settle before the deadline. */
  #undecided(ask: Ask, after: Sequence): Failed {
    const detail = `whether the condition holds depends on write ${after}, which is not settled`;
    return quorumUnavailable(detail, {
      live: this.#core.liveFollowers.length,
      quorum: ask.request.quorum ?? this.#core.writeQuorum,
    });
  }
}
