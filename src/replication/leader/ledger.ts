import { invariant } from "../invariant.ts";
import type { Entry, Instant, NodeId, Sequence } from "../types.ts";
import { entryBytes } from "../views.ts";

export interface Ack {
  readonly node: NodeId;
  readonly at: Instant;
}

/** An entry that is on its way to being committed. */
export interface Slot {
  readonly entry: Entry;
  readonly bytes: number;
  /** Follower acks it waits for. */
  quorum: number;
  /** The writer chose the quorum; the cluster's changes do not touch it before the deadline. */
  readonly explicit: boolean;
  readonly inherited: boolean;
  readonly proposedAt: Instant;
  readonly deadlineAt: Instant;
  /** Floor note that must be in force first; 0: none. */
  floorNumber: number;
  /** Unsettled entries it was conditional on: it settles after them. */
  readonly dependsOn: readonly Sequence[];
  /** One per follower that holds it, in order of arrival: fewer than it settled by, if disks were lost since. */
  acks: Ack[];
  settled: boolean;
}

/**
 * The one place that decides when an entry is settled and how far the log is committed:
 * flushed here, acked by its quorum, nothing it was conditional on still open.
 */
export class Ledger {
  /** Slots of committed+1 … last. Invariant: no hole. */
  readonly #slots = new Map<Sequence, Slot>();
  /** Those open ones whose writer chose the quorum. */
  readonly #demanding = new Set<Slot>();
  /** Entries that wait for another one, by the one they wait for. */
  readonly #dependents = new Map<Sequence, Sequence[]>();
  /** Never moves back. */
  #committed: Sequence;
  #last: Sequence;
  /** Highest sequence flushed by the leader itself; flushes come in order. */
  #flushed: Sequence;
  /** See `readMark`. */
  #readMark: Sequence;
  /** Number of the floor note in force. */
  #floorNumber = 0;
  /** So many acks an entry needs before the log is committed over it, whatever its writer asked for. */
  readonly #commitAcks: number;

  constructor(committed: Sequence, commitAcks = 0) {
    this.#commitAcks = commitAcks;
    this.#committed = committed;
    this.#last = committed;
    this.#flushed = committed;
    this.#readMark = committed;
  }

  get committed(): Sequence {
    return this.#committed;
  }

  get last(): Sequence {
    return this.#last;
  }

  get flushed(): Sequence {
    return this.#flushed;
  }

  /**
   * No write above this one was answered so far: it is the highest that is settled, or inherited, as a former
   * leader may have answered that. Open ones may lie below it.
   */
  get readMark(): Sequence {
    return this.#readMark;
  }

  slot(sequence: Sequence): Slot | undefined {
    return this.#slots.get(sequence);
  }

  /** Slots above the committed mark, in sequence order. */
  open(): IterableIterator<Slot> {
    return this.#slots.values();
  }

  isSettled(sequence: Sequence): boolean {
    return sequence <= this.#committed || this.#slots.get(sequence)?.settled === true;
  }

  add(draft: Omit<Slot, "bytes" | "acks" | "settled">): Slot {
    const { sequence } = draft.entry;
    invariant(sequence === this.#last + 1, "the leader assigns sequences without a hole");
    const slot: Slot = { ...draft, bytes: entryBytes(draft.entry), acks: [], settled: false };
    this.#slots.set(sequence, slot);
    this.#last = sequence;
    if (draft.inherited) this.#readMark = sequence;
    if (draft.explicit) this.#demanding.add(slot);
    for (const other of draft.dependsOn) {
      const waiting = this.#dependents.get(other);
      if (waiting === undefined) this.#dependents.set(other, [sequence]);
      else waiting.push(sequence);
    }
    return slot;
  }

  /** The leader's own log is flushed up to here. Returns what that settles. */
  flush(through: Sequence): readonly Slot[] {
    invariant(through <= this.#last, "only proposed entries are flushed");
    const settled: Slot[] = [];
    for (let sequence = this.#flushed + 1; sequence <= through; sequence += 1) {
      this.#flushed = sequence;
      this.#consider(sequence, settled);
    }
    return this.#advance(settled);
  }

  /** A follower holds these entries durably. Acks of one follower count once per entry. */
  acknowledge(ack: Ack, sequences: readonly Sequence[]): readonly Slot[] {
    const settled: Slot[] = [];
    for (const sequence of sequences) {
      const slot = this.#slots.get(sequence);
      if (slot === undefined || slot.acks.some(({ node }) => node === ack.node)) continue;
      slot.acks.push(ack);
      this.#consider(sequence, settled);
    }
    return this.#advance(settled);
  }

  /** A follower lost its disk, and what it has acked. What is settled by then remains so. */
  forget(node: NodeId): void {
    for (const slot of this.#slots.values())
      slot.acks = slot.acks.filter((ack) => ack.node !== node);
  }

  floorInForce(number: number): readonly Slot[] {
    this.#floorNumber = Math.max(this.#floorNumber, number);
    return this.#reconsider();
  }

  /** A writer that asked for more acks than this was already told "unknown". */
  hasOverdue(than: { quorum: number }, now: Instant): boolean {
    for (const { quorum, deadlineAt } of this.#demanding)
      if (quorum > than.quorum && deadlineAt <= now) return true;
    return false;
  }

  /**
   * The cluster's write quorum was lowered: open entries that follow it do with less, and so do
   * those whose writer was already told "unknown".
   */
  lowerQuorum(to: { quorum: number; floorNumber: number }, now: Instant): readonly Slot[] {
    for (const slot of this.#slots.values()) {
      if (slot.settled || (slot.explicit && slot.deadlineAt > now)) continue;
      if (slot.quorum <= to.quorum) continue;
      slot.quorum = to.quorum;
      slot.floorNumber = Math.max(slot.floorNumber, to.floorNumber);
    }
    return this.#reconsider();
  }

  #reconsider(): readonly Slot[] {
    const settled: Slot[] = [];
    for (const sequence of this.#slots.keys()) this.#consider(sequence, settled);
    return this.#advance(settled);
  }

  #consider(first: Sequence, settled: Slot[]): void {
    const queue = [first];
    for (let sequence = queue.pop(); sequence !== undefined; sequence = queue.pop()) {
      const slot = this.#slots.get(sequence);
      if (slot === undefined || slot.settled || !this.#maySettle(slot)) continue;
      slot.settled = true;
      this.#readMark = Math.max(this.#readMark, sequence);
      this.#demanding.delete(slot);
      settled.push(slot);
      const waiting = this.#dependents.get(sequence);
      if (waiting === undefined) continue;
      this.#dependents.delete(sequence);
      queue.push(...waiting);
    }
  }

  #maySettle(slot: Slot): boolean {
    return (
      slot.entry.sequence <= this.#flushed &&
      slot.acks.length >= slot.quorum &&
      slot.floorNumber <= this.#floorNumber &&
      slot.dependsOn.every((sequence) => this.isSettled(sequence))
    );
  }

  #advance(settled: Slot[]): readonly Slot[] {
    for (let next = this.#slots.get(this.#committed + 1); next?.settled === true; ) {
      if (next.quorum < this.#commitAcks && next.acks.length < this.#commitAcks) break;
      this.#committed += 1;
      this.#slots.delete(this.#committed);
      next = this.#slots.get(this.#committed + 1);
    }
    return settled;
  }
}
