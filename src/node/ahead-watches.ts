/**
 * Watches that resume after a sequence this node has not applied. Either the node is merely behind,
 * and the watch waits; or the cluster lost its data, the log ends before that sequence, and the
 * watch would hear nothing until the new log happens to reach it. Only how far the leader's log
 * reaches tells the two apart: COMPACTED if not that far, and RECOVERING if nobody says in time.
 */
import { type Failure, failed } from "../errors.ts";
import type { Instant, Sequence } from "../replication/types.ts";
import type { Clock } from "./ports.ts";
import { overloaded, recovering } from "./refusals.ts";
import { waitingMax } from "./waiting.ts";

export interface LogEnd {
  readonly last: Sequence;
  /** The log reached no further at this instant, or at a later one. */
  readonly trueAt: Instant;
}

interface Ahead {
  readonly after: Sequence;
  readonly opened: () => void;
  readonly failed: (failure: Failure) => void;
}

/** How often the undecided are looked at; there are none as a rule. */
const lookEveryMs = 100;

/** Keyed by the watches themselves. */
export class AheadWatches {
  readonly #clock: Clock;
  readonly #applied: () => Sequence;
  readonly #logEnd: () => LogEnd | undefined;
  readonly #timeoutMs: number;
  readonly #undecided = new Map<object, Ahead & { readonly askedAt: Instant }>();
  #looking = false;

  constructor(parts: {
    clock: Clock;
    applied: () => Sequence;
    logEnd: () => LogEnd | undefined;
    timeoutMs: number;
  }) {
    this.#clock = parts.clock;
    this.#applied = parts.applied;
    this.#logEnd = parts.logEnd;
    this.#timeoutMs = parts.timeoutMs;
  }

  /** Calls `opened` or `failed` once, or returns the failure at once. */
  add(watch: object, ahead: Ahead): Failure | undefined {
    if (this.#undecided.size >= waitingMax)
      return overloaded(`${waitingMax} watches already wait`).failure;
    const asked = { ...ahead, askedAt: this.#clock.now() };
    const decision = this.#decide(asked);
    if (decision === "open") ahead.opened();
    else if (decision === "wait") this.#wait(watch, asked);
    else return decision;
    return undefined;
  }

  /** What was decided on an earlier log counts no more. */
  again(watch: object, ahead: Ahead): void {
    if (!this.#undecided.has(watch)) this.#wait(watch, { ...ahead, askedAt: this.#clock.now() });
  }

  delete(watch: object): void {
    this.#undecided.delete(watch);
  }

  #wait(watch: object, asked: Ahead & { readonly askedAt: Instant }): void {
    this.#undecided.set(watch, asked);
    if (this.#looking) return;
    this.#looking = true;
    this.#clock.after(lookEveryMs, () => this.#look());
  }

  #look(): void {
    for (const [watch, asked] of this.#undecided) {
      const decision = this.#decide(asked);
      if (decision === "wait") continue;
      this.#undecided.delete(watch);
      if (decision === "open") asked.opened();
      else asked.failed(decision);
    }
    this.#looking = this.#undecided.size > 0;
    if (this.#looking) this.#clock.after(lookEveryMs, () => this.#look());
  }

  #decide({ after, askedAt }: Ahead & { readonly askedAt: Instant }): "open" | "wait" | Failure {
    const applied = this.#applied();
    const end = this.#logEnd();
    if (after <= Math.max(applied, end?.last ?? 0)) return "open";
    if (end !== undefined && end.trueAt >= askedAt)
      return failed("COMPACTED", `the log ends at ${end.last}, before sequence ${after}`, {
        members: { oldest: applied },
      }).failure;
    if (this.#clock.now() - askedAt < this.#timeoutMs) return "wait";
    return recovering(
      `this node has applied ${applied}, and no leader says whether the log reaches ${after}`,
    ).failure;
  }
}
