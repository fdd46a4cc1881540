/** The lease of a leader: while enough followers lend, nobody else can be elected. DESIGN.md, "Electing", rule 11. */
import { countedMs } from "../lease.ts";
import type { Instant, NodeId } from "../types.ts";

export class Leases {
  /** READ_LEASE=1. */
  readonly #isOn: boolean;
  /** So many followers must lend. */
  readonly #needed: number;
  /** When the last question was asked that this follower answered with a lease. */
  readonly #askedAt = new Map<NodeId, Instant>();
  #until: Instant = Number.NEGATIVE_INFINITY;
  /** Answers to rounds up to this one lend nothing: what was lent with them was given up. */
  #worthless = 0;
  #isGivenUp = false;
  /** Could this node settle writes? If not, the others must be free to replace it. */
  isAble = true;

  constructor({ isOn, needed }: { isOn: boolean; needed: number }) {
    this.#isOn = isOn;
    this.#needed = needed;
  }

  /** Rounds that begin now ask for a lease. */
  get isWanted(): boolean {
    return this.#isOn && this.isAble && !this.#isGivenUp;
  }

  /** The follower lent with its answer to that round. */
  lent(by: NodeId, round: { readonly number: number; readonly at: Instant }): void {
    if (round.number <= this.#worthless) return;
    this.#askedAt.set(by, Math.max(round.at, this.#askedAt.get(by) ?? round.at));
    const newest = [...this.#askedAt.values()].sort((a, b) => b - a);
    const askedAt = newest[this.#needed - 1] ?? Number.NEGATIVE_INFINITY;
    this.#until = askedAt + countedMs;
  }

  /** Nobody else leads now. */
  isHeld(now: Instant): boolean {
    return now < this.#until;
  }

  /** In a handover: nothing lent with rounds up to this one counts from now on. */
  giveUp(asked: number): void {
    this.#isGivenUp = true;
    this.#worthless = asked;
    this.#askedAt.clear();
    this.#until = Number.NEGATIVE_INFINITY;
  }

  /** The handover has failed: what is lent with later rounds counts. */
  resume(): void {
    this.#isGivenUp = false;
  }
}
