import { everyCondition } from "../conditions.ts";
import { invariant } from "../invariant.ts";
import type { Limits } from "../limits.ts";
import type { Entry, Epoch, FloorNote, Instant, NodeId, Sequence } from "../types.ts";
import type { StoreView } from "../views.ts";
import type { Backlog } from "./backlog.ts";
import type { Floor } from "./floor.ts";
import type { LeaderDraft } from "./leader-effects.ts";
import { type Ack, Ledger, type Slot } from "./ledger.ts";
import { Overlay } from "./overlay.ts";
import { evaluate, type Proposal, type ProposalOutcome, type Refusal } from "./proposal.ts";
import { Remembered } from "./remembered.ts";

/** What one turn of proposals has in common. */
export interface Turn {
  readonly now: Instant;
  readonly epoch: Epoch;
  readonly live: number;
  readonly usualQuorum: number;
  readonly floor: Floor;
  /** Floor notes that this turn made; the last one counts. */
  readonly spread: FloorNote[];
}

/**
 * Which open entries an inherited entry rests on: every lower one that wrote a key of its conditions. Were one of
 * them dropped by a later recovery, the entry would be dropped with it, so it may not settle before them.
 */
class OpenWriters {
  /** Per key: the last entry conditional on it, which rests on all before, and the writers since. */
  readonly #writers = new Map<string, Sequence[]>();

  /** To be called in sequence order. Returns what the entry rests on. */
  add(entry: Entry): readonly Sequence[] {
    const { sequence, operations } = entry;
    const dependsOn = new Set<Sequence>();
    const conditional = new Set<string>();
    everyCondition(entry, (key) => {
      conditional.add(key);
      for (const writer of this.#writers.get(key) ?? []) dependsOn.add(writer);
      return true;
    });
    for (const key of new Set(operations.map((operation) => operation.key))) {
      const writers = this.#writers.get(key);
      if (writers === undefined || conditional.has(key)) this.#writers.set(key, [sequence]);
      else writers.push(sequence);
    }
    return [...dependsOn];
  }
}

/** The path of a write through a leader: accepted, flushed and acked, settled, applied. */
export class Writes {
  readonly #limits: Limits;
  readonly #store: StoreView;
  readonly #backlog: Backlog;
  readonly #out: LeaderDraft;
  readonly #commitAcks: number;
  readonly #remembered: Remembered;
  #overlay = new Overlay();
  #ledger: Ledger;
  /** Handed out for applying. Invariant: applied <= applying <= committed. */
  #applying: Sequence;
  #applied: Sequence;

  constructor(parts: {
    applied: Sequence;
    limits: Limits;
    store: StoreView;
    backlog: Backlog;
    out: LeaderDraft;
    /** See Ledger. */
    commitAcks: number;
  }) {
    this.#commitAcks = parts.commitAcks;
    this.#limits = parts.limits;
    this.#store = parts.store;
    this.#backlog = parts.backlog;
    this.#out = parts.out;
    this.#remembered = new Remembered(parts.store, parts.limits);
    this.#ledger = new Ledger(parts.applied, parts.commitAcks);
    this.#applied = parts.applied;
    this.#applying = parts.applied;
  }

  get overlay(): Overlay {
    return this.#overlay;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get applied(): Sequence {
    return this.#applied;
  }

  /** Of the entries above the applied mark. */
  entryAt(sequence: Sequence): Entry {
    return this.#backlog.at(sequence);
  }

  get waiting(): { entries: number; bytes: number } {
    return { entries: this.#ledger.last - this.#applied, bytes: this.#backlog.bytes };
  }

  /** Another node's store took the place of this one's, before the node leads. */
  startFrom(applied: Sequence): void {
    this.#ledger = new Ledger(applied, this.#commitAcks);
    this.#applied = applied;
    this.#applying = applied;
  }

  /**
   * Takes over what earlier epochs left above the applied mark. Entries above the committed mark
   * may have been answered or not: nobody reads their keys before they settle again.
   */
  inherit(
    entries: readonly Entry[],
    facts: { committed: Sequence; quorum: number; floorNumber: number; now: Instant },
  ): void {
    this.#ledger = new Ledger(facts.committed, this.#commitAcks);
    this.#overlay = new Overlay();
    const rests = new OpenWriters();
    this.#remembered.begin(this.#overlay, facts.now);
    for (const [index, entry] of entries.entries()) {
      const expected = this.#applied + 1 + index;
      invariant(entry.sequence === expected, "an intact log has no hole above applied");
      const open = entry.sequence > facts.committed;
      this.#backlog.add(entry);
      this.#overlay.propose(entry, open);
      this.#remembered.note(entry, facts.now);
      if (!open) this.#overlay.settle(entry);
      else
        this.#ledger.add({
          entry,
          quorum: facts.quorum,
          explicit: false,
          inherited: true,
          proposedAt: facts.now,
          deadlineAt: facts.now,
          floorNumber: facts.floorNumber,
          dependsOn: rests.add(entry),
        });
    }
  }

  /** A write that was proposed before is found again before anything could refuse it. */
  accept(proposal: Proposal, turn: Turn): ProposalOutcome {
    const { idempotency } = proposal;
    const known = idempotency && this.#remembered.find(idempotency, this.#overlay);
    if (known !== undefined && !("reason" in known))
      return { type: "repeated", ...known, slot: this.#ledger.slot(known.sequence) };
    const answer = known ?? this.#append(proposal, turn);
    return "reason" in answer
      ? { type: "refused", refusal: answer }
      : { type: "accepted", slot: answer };
  }

  /** The next page of what earlier leaders remembered. */
  scanOn(): void {
    this.#remembered.scanOn(this.#overlay);
  }

  /** Everything that could refuse a write is asked before anything is changed. */
  #append(proposal: Proposal, turn: Turn): Slot | Refusal {
    const quorum = proposal.quorum ?? turn.usualQuorum;
    if (turn.live < quorum) return { reason: "quorumUnavailable", live: turn.live, quorum };
    const noted = turn.floor.needsLive(quorum);
    if (turn.live < noted) return { reason: "floorTooHigh", live: turn.live, quorum, noted };
    const { entries, bytes } = this.waiting;
    if (entries >= this.#limits.backlogEntriesMax || bytes >= this.#limits.backlogBytesMax)
      return {
        reason: "overloaded",
        detail: `${entries} entries (${bytes} bytes) wait to be applied`,
      };
    const sequence = this.#ledger.last + 1;
    const { epoch, now, usualQuorum: usual } = turn;
    const applied = this.#applied;
    const seen = { overlay: this.#overlay, store: this.#store, applied };
    const { idempotency } = proposal;
    const hidden =
      idempotency === undefined
        ? []
        : this.#remembered.operations(idempotency, { quorum, now, applied });
    const wished = hidden.length === 0 ? proposal.operations : [...proposal.operations, ...hidden];
    const checked = evaluate(wished, { ...seen, sequence, epoch });
    if ("reason" in checked) return checked;
    const gate = turn.floor.propose({ quorum, sequence, now, usual });
    if (gate.spread !== undefined) turn.spread.push(gate.spread);
    const { operations, requires } = checked;
    const entry: Entry = { sequence, epoch, origin: epoch, operations, requires };
    this.#overlay.propose(entry, false);
    this.#remembered.note(entry, now);
    this.#backlog.add(entry);
    return this.#ledger.add({
      entry,
      quorum,
      explicit: proposal.quorum !== undefined,
      inherited: false,
      proposedAt: proposal.proposedAt,
      deadlineAt: proposal.deadlineAt,
      floorNumber: gate.number,
      dependsOn: checked.dependsOn,
    });
  }

  flushed(through: Sequence): void {
    this.#settle(this.#ledger.flush(through));
  }

  acknowledged(ack: Ack, sequences: readonly Sequence[]): void {
    this.#settle(this.#ledger.acknowledge(ack, sequences));
  }

  floorInForce(number: number): void {
    this.#settle(this.#ledger.floorInForce(number));
  }

  quorumLowered(to: { quorum: number; floorNumber: number }, now: Instant): void {
    this.#settle(this.#ledger.lowerQuorum(to, now));
  }

  diskLost(node: NodeId): void {
    this.#ledger.forget(node);
  }

  /** The store shows everything up to here, flushed. */
  storeApplied(applied: Sequence): void {
    invariant(applied >= this.#applied, "applied never moves back");
    invariant(applied <= this.#ledger.committed, "applied <= committed");
    const range = { from: this.#applied + 1, to: applied };
    for (const entry of this.#backlog.drop(range)) this.#overlay.applied(entry);
    this.#applied = applied;
  }

  /** Settled first, so that whoever is answered can read it; then what may be applied. */
  #settle(slots: readonly Slot[]): void {
    for (const slot of slots) this.#overlay.settle(slot.entry);
    this.#out.settle(slots);
    const entries: Entry[] = [];
    while (this.#applying < this.#ledger.committed) {
      this.#applying += 1;
      entries.push(this.#backlog.at(this.#applying));
    }
    this.#out.apply(entries);
  }
}
