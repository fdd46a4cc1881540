/**
 * Watches that resume after a sequence which this node has not applied. Either the node is behind,
 * and the watch waits; or the cluster lost its data, and the log ends before that sequence: the
 * watch would report nothing until the new log happens to reach it. The end of the leader's log
 * tells the two apart. The answer is COMPACTED if the log ends before the sequence, and RECOVERING
 * if no leader reports its end in time.
 */
import { type Failed, failed } from "../errors.ts";
import type { Instant, Sequence } from "../replication/types.ts";
import type { Clock } from "./ports.ts";
import { overloaded, recovering, shuttingDown } from "./refusals.ts";
import { waitingMax } from "./waiting.ts";

/** How far the leader's log reaches. */
export interface LogEnd {
  readonly last: Sequence;
  /** The log ended there at this instant or later: an answer to questions asked before. */
  readonly trueAt: Instant;
}

interface Ahead {
  readonly after: Sequence;
  readonly opened: () => void;
  readonly failed: (result: Failed) => void;
}

interface Asked extends Ahead {
  askedAt: Instant;
  isOpen: boolean;
}

/** How often waiting watches are looked at. Usually there are none. */
const lookEveryMs = 100;

/** Decides on watches, by the object that stands for each, until the node has applied that far. */
export class AheadWatches {
  readonly #clock: Clock;
  readonly #applied: () => Sequence;
  readonly #logEnd: () => LogEnd | undefined;
  readonly #timeoutMs: number;
  /** At most `waitingMax` of them. */
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

  /** Calls `opened` once, unless it returns the failure or calls `failed` before that. */
  add(watch: object, ahead: Ahead): Failed | undefined {
    if (this.#waiting.size >= waitingMax) return overloaded(`${waitingMax} watches already wait`);
    const asked = { ...ahead, askedAt: this.#clock.now(), isOpen: false };
    const decision = this.#decide(asked);
    if (decision !== "open" && decision !== "wait") return decision;
    if (decision === "open") this.#open(asked);
    this.#wait(watch, asked);
    return undefined;
  }

  /** The store was replaced by one that has applied less than this open watch has reported. */
  fellBehind(watch: object, ahead: Ahead): void {
    if (this.#waiting.has(watch)) return;
    this.#wait(watch, { ...ahead, askedAt: this.#clock.now(), isOpen: true });
  }

  /** The node has applied what this watch waits for. */
  reached(watch: object): void {
    const asked = this.#waiting.get(watch);
    if (asked === undefined) return;
    this.#waiting.delete(watch);
    this.#open(asked);
  }

  delete(watch: object): void {
    this.#waiting.delete(watch);
  }

  /** The node is closing: watches that are not open yet get SHUTTING_DOWN. */
  close(): void {
    const undecided = [...this.#waiting.values()].filter(({ isOpen }) => !isOpen);
    this.#waiting.clear();
    for (const asked of undecided) asked.failed(shuttingDown());
  }

  #open(asked: Asked): void {
    // From here on only a later report can tell that the log has become shorter.
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

  #decide({ after, askedAt, isOpen }: Asked): "open" | "wait" | Failed {
    const applied = this.#applied();
    const end = this.#logEnd();
    if (after <= Math.max(applied, end?.last ?? 0)) return "open";
    if (end !== undefined && end.trueAt >= askedAt)
      return failed("COMPACTED", `the log ends at ${end.last}, before sequence ${after}`, {
        members: { oldest: applied },
      });
    if (isOpen || this.#clock.now() - askedAt < this.#timeoutMs) return "wait";
    return recovering(
      `this node has applied ${applied}, and no leader has reported whether the log reaches ${after}`,
    );
  }
}
