/**
 * Watches that resume after a sequence this node has not applied. Either the node is merely behind,
 * and the watch waits; or the cluster lost its data, the log ends before that sequence, and the
 * watch would hear nothing until the new log happens to reach it. Only how far the leader's log
 * reaches tells the two apart: COMPACTED if not that far, and RECOVERING if nobody says in time.
 */
import { type Failure, failed } from "../errors.ts";
import type { Instant, Sequence } from "../replication/types.ts";
import type { Clock } from "./ports.ts";
import { overloaded, recovering, shuttingDown } from "./refusals.ts";
import { waitingMax } from "./waiting.ts";

export interface LogEnd {
  readonly last: Sequence;
  /** It was so at this instant, or later. */
  readonly trueAt: Instant;
}

interface Ahead {
  readonly after: Sequence;
  readonly opened: () => void;
  readonly failed: (failure: Failure) => void;
}

interface Asked extends Ahead {
  askedAt: Instant;
  isOpen: boolean;
}

/** How often they are looked at; there are none as a rule. */
const lookEveryMs = 100;

/** Keyed by the watches themselves. Each is looked at until the node has applied that far. */
export class AheadWatches {
  readonly #clock: Clock;
  readonly #applied: () => Sequence;
  readonly #logEnd: () => LogEnd | undefined;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<object, Asked>();
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

  /** Calls `opened` once, unless it returns the failure or calls `failed` before. */
  add(watch: object, ahead: Ahead): Failure | undefined {
    if (this.#waiting.size >= waitingMax)
      return overloaded(`${waitingMax} watches already wait`).failure;
    const asked = { ...ahead, askedAt: this.#clock.now(), isOpen: false };
    const decision = this.#decide(asked);
    if (decision !== "open" && decision !== "wait") return decision;
    if (decision === "open") this.#open(asked);
    this.#wait(watch, asked);
    return undefined;
  }

  /** The store was replaced by one that has not come as far as this open watch. */
  fellBehind(watch: object, ahead: Ahead): void {
    if (this.#waiting.has(watch)) return;
    this.#wait(watch, { ...ahead, askedAt: this.#clock.now(), isOpen: true });
  }

  /** The node applies what this watch waits for. */
  reached(watch: object): void {
    const asked = this.#waiting.get(watch);
    if (asked === undefined) return;
    this.#waiting.delete(watch);
    this.#open(asked);
  }

  delete(watch: object): void {
    this.#waiting.delete(watch);
  }

  /** No decision will come: the node is closing. */
  close(): void {
    const undecided = [...this.#waiting.values()].filter(({ isOpen }) => !isOpen);
    this.#waiting.clear();
    for (const { failed: fail } of undecided) fail(shuttingDown().failure);
  }

  #open(asked: Asked): void {
    // From here on only what is said later can tell that the log has become shorter.
    asked.askedAt = this.#clock.now();
    if (asked.isOpen) return;
    asked.isOpen = true;
    asked.opened();
  }

  #wait(watch: object, asked: Asked): void {
    this.#waiting.set(watch, asked);
    if (this.#looking) return;
    this.#looking = true;
    this.#clock.after(lookEveryMs, () => this.#look());
  }

  #look(): void {
    for (const [watch, asked] of this.#waiting) {
      const decision = this.#decide(asked);
      if (decision === "wait") continue;
      if (decision !== "open" || asked.after <= this.#applied()) this.#waiting.delete(watch);
      if (decision === "open") this.#open(asked);
      else asked.failed(decision);
    }
    this.#looking = this.#waiting.size > 0;
    if (this.#looking) this.#clock.after(lookEveryMs, () => this.#look());
  }

  #decide({ after, askedAt, isOpen }: Asked): "open" | "wait" | Failure {
    const applied = this.#applied();
    const end = this.#logEnd();
    if (after <= Math.max(applied, end?.last ?? 0)) return "open";
    if (end !== undefined && end.trueAt >= askedAt)
      return failed("COMPACTED", `the log ends at ${end.last}, before sequence ${after}`, {
        members: { oldest: applied },
      }).failure;
    if (isOpen || this.#clock.now() - askedAt < this.#timeoutMs) return "wait";
    return recovering(
      `this node has applied ${applied}, and no leader says whether the log reaches ${after}`,
    ).failure;
  }
}
