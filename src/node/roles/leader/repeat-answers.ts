/** A write that was sent before, with its idempotency key, is answered with what becomes of the first one. */
import { succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Slot } from "../../../replication/leader/ledger.ts";
import type { ProposalOutcome } from "../../../replication/leader/proposal.ts";
import type { Instant, NodeId } from "../../../replication/types.ts";
import type { AckTrace } from "../../api.ts";
import type { NodeParts } from "../../parts.ts";
import { outcomeUnknown } from "../../refusals.ts";
import type { Waiting } from "../../waiting.ts";
import type { Ask } from "./ask.ts";
import type { LeaderTelemetry } from "./telemetry.ts";

type Repeated = Extract<ProposalOutcome, { type: "repeated" }>;

/** Answers repeats: at once where the first one is settled, else when it settles or at their own deadline. */
export class RepeatAnswers {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #settling: Waiting;
  readonly #telemetry: LeaderTelemetry;
  readonly #unknown: (ask: Ask, slot: Slot) => void;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    /** Calls that wait until one entry is settled. */
    settling: Waiting;
    telemetry: LeaderTelemetry;
    /** Answers that the deadline has passed. */
    unknown: (ask: Ask, slot: Slot) => void;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#settling = owner.settling;
    this.#telemetry = owner.telemetry;
    this.#unknown = owner.unknown;
  }

  follow(ask: Ask, write: Repeated, now: Instant): void {
    const { slot, sequence } = write;
    if (slot === undefined || slot.settled) {
      this.#settled(ask, write);
      return;
    }
    this.#settling.add(sequence, {
      timeoutMs: ask.deadlineAt - now,
      reached: () => this.#settled(ask, write),
      expired: () => this.#unknown(ask, slot),
    });
  }

  /** With fewer holders than the writer asked for, it may have settled at the cluster's own quorum. */
  #settled(ask: Ask, write: Repeated): void {
    const { sequence: version, slot } = write;
    const latencyMs = this.#parts.options.clock.now() - ask.proposedAt;
    const acks = this.#acks(ask, write);
    const asked = ask.request.quorum ?? 0;
    if (acks.length < asked) {
      const nodes = acks.map(({ node }) => node);
      this.#telemetry.repeatUnknown(latencyMs);
      ask.answer(outcomeUnknown({ version, acks: nodes, quorum: asked }));
      return;
    }
    this.#telemetry.answered(latencyMs);
    const quorum = slot?.quorum ?? write.quorum;
    ask.answer(succeeded({ version, quorum, acks, latencyMs, repeated: true }));
  }

  /** Once the entry is committed, nobody knows any more when its acks came. */
  #acks(ask: Ask, { sequence, slot }: Repeated): readonly AckTrace[] {
    if (slot === undefined)
      return this.#holders(sequence).map((node) => ({ node, ms: 0, delayMs: 0 }));
    const { delays } = this.#parts.options;
    const trace = ask.request.trace === true;
    return slot.acks.map(({ node, at }) => ({
      node,
      ms: at - slot.proposedAt,
      delayMs: trace ? delays.elapsedMs(node, sequence) : 0,
    }));
  }

  /** Followers that hold everything up to there, as far as this leader has heard. */
  #holders(sequence: number): readonly NodeId[] {
    return this.#core.peers
      .filter(({ acked, applied }) => Math.max(acked, applied) >= sequence)
      .map(({ id }) => id);
  }
}
