/**
 * When the writes that wait are proposed. A group costs every node one message, one flush and one ack, however many
 * writes it has. Writers who write again as soon as they are answered would fall into small groups, one behind the
 * other: these are joined where the wait for it is short beside the time that a group takes, as measured. A write that
 * comes alone is proposed at once.
 */
import type { Instant, Sequence } from "../../../replication/types.ts";
import type { Cancel, Clock } from "../../ports.ts";

/** So many writes are a group that waits for no other one. */
const groupMax = 64;
/** No write waits longer than this, whatever for. */
const waitMsMax = 5;
/** Writers who were answered longer ago are not expected to write again at once. */
const followMsMax = 100;
/** Groups under way of which the time is taken. */
const timedMax = 8;
/** After so many waits in a row that fewer than half of the expected writes ended … */
const missesMax = 3;
/** … so many groups are proposed without such a wait. */
const groupsAfterMisses = 64;

/** Proposed together, none of them settled. */
interface Group {
  readonly at: Instant;
  readonly first: Sequence;
  readonly last: Sequence;
}

/** What the writes that wait are waiting for. */
type Until =
  /** The end of a flush: they could not be flushed sooner. */
  | "flushed"
  /** A group under way that is about to settle: its writers may write again at once. */
  | "settled"
  /** As many writes as were answered just now. */
  | "followed";

type State =
  /** Nothing waits, or nothing may be proposed. */
  | { readonly type: "idle" }
  /** It is decided at the end of the turn. */
  | { readonly type: "deciding" }
  | { readonly type: "waiting"; readonly until: Until; readonly stop: Cancel };

/** The writes themselves are its owner's. */
interface Owner {
  /** How many wait to be proposed. */
  readonly waiting: () => number;
  readonly isFlushing: () => boolean;
  /** Proposes all that wait. */
  readonly propose: () => void;
}

/** Decides when to propose. */
export class Gathering {
  readonly #clock: Clock;
  readonly #owner: Owner;
  #state: State = { type: "idle" };
  /** When the first of those that wait came. */
  #since: Instant = 0;
  /** Under way, oldest first. */
  #groups: Group[] = [];
  /** From the proposal of a group until it settles, smoothed; 0: not known yet. */
  #settleMs = 0;
  /** Writes that have settled since the last proposal. */
  #answered = 0;
  /** When the last of these settled. */
  #answeredAt: Instant = 0;
  /** Waits in a row that were in vain. */
  #misses = 0;
  #groupsUntilNextTry = 0;

  constructor(clock: Clock, owner: Owner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** One more write waits. */
  added(): void {
    const state = this.#state;
    const waiting = this.#owner.waiting();
    if (state.type === "idle") {
      this.#since = this.#clock.now();
      this.#decideSoon();
    } else if (state.type === "waiting" && state.until !== "flushed") {
      const isFollowed = state.until === "followed" && waiting >= this.#answered;
      if (isFollowed) this.#misses = 0;
      if (isFollowed || waiting >= groupMax) this.#decideSoon();
    }
  }

  /** A flush has ended, and the next has not begun: what is proposed now shares it. */
  flushed(): void {
    const state = this.#state;
    if (state.type === "waiting" && state.until === "flushed") this.#decide(false);
  }

  /** These entries have settled. */
  settled(sequences: readonly Sequence[]): void {
    this.#answered += sequences.length;
    this.#answeredAt = this.#clock.now();
    for (const sequence of sequences) {
      const at = this.#groups.findIndex(({ first, last }) => first <= sequence && sequence <= last);
      const [group] = at < 0 ? [] : this.#groups.splice(at, 1);
      if (group !== undefined) this.#took(this.#clock.now() - group.at);
    }
    const state = this.#state;
    if (state.type === "waiting" && state.until === "settled") this.#decideSoon();
  }

  /** All that waited has been proposed, at these sequences. */
  proposed(first: Sequence, last: Sequence): void {
    this.#answered = 0;
    if (this.#groupsUntilNextTry > 0) this.#groupsUntilNextTry -= 1;
    if (last < first) return;
    if (this.#groups.length === timedMax) this.#groups.shift();
    this.#groups.push({ at: this.#clock.now(), first, last });
  }

  /** Nothing is proposed until a write is added, or `release`. */
  hold(): void {
    this.#enter({ type: "idle" });
  }

  /** What waits is proposed as usual. */
  release(): void {
    this.#since = this.#clock.now();
    this.#decide(this.#owner.isFlushing());
  }

  #decideSoon(): void {
    this.#enter({ type: "deciding" });
    this.#clock.defer(() => {
      if (this.#state.type === "deciding") this.#decide(this.#owner.isFlushing());
    });
  }

  #decide(isFlushing: boolean): void {
    const waiting = this.#owner.waiting();
    if (waiting === 0) this.#enter({ type: "idle" });
    else if (isFlushing) this.#wait("flushed", waitMsMax);
    else if (waiting >= groupMax) this.#propose();
    else if (this.#settlesSoon()) this.#wait("settled", this.#settleMs / 2);
    else if (waiting < this.#answered && this.#mayBeFollowed())
      this.#wait("followed", Math.max(1, this.#settleMs / 4));
    else this.#propose();
  }

  #wait(until: Until, ms: number): void {
    const leftMs = this.#since + waitMsMax - this.#clock.now();
    if (leftMs <= 0) {
      this.#propose();
      return;
    }
    const over = () => {
      if (until === "followed") this.#judge();
      this.#propose();
    };
    const stop = this.#clock.after(Math.min(ms, leftMs), over);
    this.#enter({ type: "waiting", until, stop });
  }

  #propose(): void {
    this.#enter({ type: "idle" });
    this.#owner.propose();
  }

  /** The time of a wait for as many writes as were answered is over. */
  #judge(): void {
    const isMissed = this.#owner.waiting() * 2 < this.#answered;
    this.#misses = isMissed ? this.#misses + 1 : 0;
    if (this.#misses < missesMax) return;
    this.#groupsUntilNextTry = groupsAfterMisses;
    // One more miss is enough the next time.
    this.#misses = missesMax - 1;
  }

  /**
   * Whether the oldest group under way is about to settle: more than half of its time is over, and what is left of it is
   * not more than a write may wait. Of one that is as much too late nobody knows when it will.
   */
  #settlesSoon(): boolean {
    const [oldest] = this.#groups;
    if (oldest === undefined || this.#settleMs === 0) return false;
    const leftMs = oldest.at + this.#settleMs - this.#clock.now();
    return Math.abs(leftMs) <= Math.min(this.#settleMs / 2, waitMsMax);
  }

  /** Whether those who were answered are expected to write again now. */
  #mayBeFollowed(): boolean {
    return this.#groupsUntilNextTry === 0 && this.#clock.now() - this.#answeredAt <= followMsMax;
  }

  #took(ms: number): void {
    this.#settleMs = this.#settleMs === 0 ? ms : this.#settleMs + (ms - this.#settleMs) / 8;
  }

  #enter(next: State): void {
    if (this.#state.type === "waiting") this.#state.stop();
    this.#state = next;
  }
}
