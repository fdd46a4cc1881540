import { floorOf } from "../floor-note.ts";
import type { Epoch, FloorNote, Instant, NodeId, Sequence } from "../types.ts";

/** How floors are counted. */
export interface FloorRule {
  /** With FAILOVER=1 the followers that make a majority with the leader; else there is no bound. */
  readonly max: number;
  /** With FAILOVER=1 no note is in force before enough followers know it, however few are live. */
  readonly strict: boolean;
}

/**
 * The lowest write quorum that settled entries rely on, as the followers know it. A recovery asks
 * F - floor + 1 of them, so nobody may settle with fewer acks before so many followers know of it
 * that every such recovery hears it. DESIGN.md, "The floor", has the argument.
 */
export class Floor {
  readonly #epoch: Epoch;
  #inForce: FloorNote;
  /** A lower note that is being spread. */
  #pending: FloorNote | undefined;
  /** What followers should know while this leader does not know its raised note durably. */
  #beforeRaised: FloorNote | undefined;
  /** Lowest quorum that waits for the pending note. */
  #lowest = Number.POSITIVE_INFINITY;
  readonly #rule: FloorRule;
  readonly #receipts = new Map<NodeId, number>();
  /** The highest note that this leader itself knows durably. */
  #flushed = 0;
  /** Followers that must know the floor in force before it is safe; 0: it is. */
  #owed = 0;
  /** Entries up to here may rely on the floor in force and not on more. */
  #lowThrough: Sequence;
  #lowAt: Instant;
  #usual: number;

  /**
   * `heard` is the newest note of earlier epochs. Whether it was ever in force nobody knows, so it
   * is spread again before anything settles with less than what it was to replace.
   */
  constructor(start: {
    epoch: Epoch;
    heard: { quorum: number; over: number };
    usual: number;
    last: Sequence;
    now: Instant;
    rule: FloorRule;
  }) {
    const { epoch, last, now, usual, rule } = start;
    const quorum = floorOf(start.heard.quorum, rule.max);
    const over = floorOf(start.heard.over, rule.max);
    this.#epoch = epoch;
    this.#rule = rule;
    this.#inForce = this.#note(1, Math.max(quorum, over), over);
    if (quorum < over) this.#pending = this.#note(2, quorum, over);
    this.#lowThrough = last;
    this.#lowAt = now;
    this.#usual = floorOf(usual, rule.max);
  }

  #note(number: number, quorum: number, over: number): FloorNote {
    const note = { epoch: this.#epoch, number, quorum, over };
    return this.#rule.strict ? { ...note, elected: true } : note;
  }

  /** The note that followers should know. */
  get note(): FloorNote {
    return this.#beforeRaised ?? this.#pending ?? this.#inForce;
  }

  /** The note that this leader should know. */
  get #newest(): FloorNote {
    return this.#pending ?? this.#inForce;
  }

  /** As many followers must be live for a write with this quorum to be able to settle; 0: the floor asks for none. */
  needsLive(quorum: number): number {
    const isBelow = floorOf(quorum, this.#rule.max) < this.#inForce.quorum;
    return this.#rule.strict && isBelow ? this.#wanted : 0;
  }

  get numberInForce(): number {
    return this.#inForce.number;
  }

  /**
   * An entry is about to be proposed with this quorum. Returns the number of the note that must be
   * in force before it settles (0: none) and, when that note is new, the note to spread.
   */
  propose(at: { quorum: number; sequence: Sequence; now: Instant; usual: number }): {
    number: number;
    spread?: FloorNote;
  } {
    const quorum = floorOf(at.quorum, this.#rule.max);
    const usual = floorOf(at.usual, this.#rule.max);
    // When the usual quorum rises, everything before was written with less than it is now.
    if (quorum < usual || usual > this.#usual) this.#wroteLow(at);
    this.#usual = usual;
    if (quorum >= this.#inForce.quorum) return { number: 0 };
    this.#lowest = Math.min(this.#lowest, at.quorum);
    if (quorum >= this.#newest.quorum) return { number: this.#newest.number };
    this.#wroteLow(at);
    const number = this.#newest.number + 1;
    this.#pending = this.#note(number, quorum, this.#wanted);
    return { number, spread: this.#pending };
  }

  #wroteLow({ sequence, now }: { sequence: Sequence; now: Instant }): void {
    this.#lowThrough = sequence;
    this.#lowAt = now;
  }

  /** This leader knows its note durably. Returns the note to tell followers, where that had to wait for it. */
  flushed(number: number): FloorNote | undefined {
    this.#flushed = Math.max(this.#flushed, number);
    if (this.#beforeRaised === undefined || this.#inForce.number > this.#flushed) return undefined;
    this.#beforeRaised = undefined;
    return this.note;
  }

  /** A follower knows this note durably. */
  received(from: NodeId, note: FloorNote | undefined): void {
    if (note?.epoch !== this.#epoch) return;
    this.#receipts.set(from, Math.max(note.number, this.#receipts.get(from) ?? 0));
  }

  /** A follower lost its disk, and with it what it knew. */
  forget(node: NodeId): void {
    this.#receipts.delete(node);
  }

  /** So many followers must know a lower note before a recovery is sure to hear of it. */
  get #wanted(): number {
    return Math.max(this.#inForce.quorum, this.#owed);
  }

  /**
   * Puts the pending note in force once as many followers know it as the note in force asks for.
   * Where fewer are live, all the live ones must do: the alternative would be to refuse the very
   * writes for which the quorum was lowered.
   */
  settle(live: readonly NodeId[]): boolean {
    const pending = this.#pending;
    if (this.#owed > 0 && this.#known(this.#inForce.number) >= this.#owed) this.#owed = 0;
    if (pending === undefined || pending.number > this.#flushed) return false;
    const knows = (node: NodeId) => (this.#receipts.get(node) ?? 0) >= pending.number;
    const wanted = this.#wanted;
    const enough = this.#known(pending.number) >= wanted;
    // With fewer live followers than the lowest quorum asked for, nothing could settle by it anyway.
    const few = live.length >= this.#lowest && live.length < wanted;
    if (!enough && (this.#rule.strict || !(few && live.every(knows)))) return false;
    this.#owed = enough ? 0 : wanted;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#inForce = pending;
    this.#pending = undefined;
    return true;
  }

  /**
   * Too few followers know the floor in force: should the leader's disk be lost now, a recovery
   * might not hear of it, and lose what was written with so low a quorum.
   */
  get degraded(): boolean {
    return this.#owed > 0;
  }

  #known(number: number): number {
    return [...this.#receipts.values()].filter((receipt) => receipt >= number).length;
  }

  /**
   * Raises the floor to the usual quorum after a calm, when that many followers hold everything
   * that was written with less. Returns the note to flush: followers hear of it after that.
   */
  raise(facts: {
    usual: number;
    now: Instant;
    calmMs: number;
    contiguous: readonly Sequence[];
  }): FloorNote | undefined {
    const quorum = floorOf(facts.usual, this.#rule.max);
    if (this.#pending !== undefined || quorum <= this.#inForce.quorum) return undefined;
    if (facts.now - this.#lowAt < facts.calmMs) return undefined;
    const holders = facts.contiguous.filter((mark) => mark >= this.#lowThrough).length;
    if (holders < quorum) return undefined;
    const over = Math.max(quorum, this.#owed);
    this.#beforeRaised ??= this.#inForce;
    this.#inForce = this.#note(this.#inForce.number + 1, quorum, over);
    return this.#inForce;
  }
}
