/** Followers that answer linearizable reads ask the leader how far they must have applied. */
import { type Result, succeeded } from "../../../errors.ts";
import type { Leader } from "../../../replication/leader/leader.ts";
import type { FollowerMessage, LeaderMessage } from "../../../replication/types.ts";
import type { NodeParts } from "../../parts.ts";
import type { ReadRounds } from "./read-rounds.ts";

type WantMark = Extract<FollowerMessage, { type: "wantMark" }>;

/** Each question is held for a confirming round, which it shares with the reads that wait here. */
export class ReadMarks {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #confirming: ReadRounds;

  constructor(owner: { parts: NodeParts; core: Leader; confirming: ReadRounds }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#confirming = owner.confirming;
  }

  /** Without a round in time there is no answer; the follower asks again. */
  asked({ epoch, number }: WantMark, answer: (mark: LeaderMessage) => void): void {
    if (epoch !== this.#core.epoch || this.#core.notReady !== undefined) return;
    const tell = (confirmed: Result<number>) => {
      const { over, ended } = this.#parts.lifetime;
      if (!confirmed.ok || over || ended !== undefined) return;
      const sequence = this.#core.ledger.readMark;
      answer({ type: "readMark", epoch, number, sequence });
    };
    const confirmed = this.#confirming.whenConfirmed(() => succeeded(number));
    if (confirmed instanceof Promise) void confirmed.then(tell);
    else tell(confirmed);
  }
}
