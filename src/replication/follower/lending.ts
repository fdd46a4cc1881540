/**
 * What a node has lent: until then it promises nobody else a higher epoch, itself included. It outlives the
 * node's roles. DESIGN.md, "Electing", rule 11.
 */
import { leaseMs } from "../lease.ts";
import type { HardState, Instant, NodeId } from "../types.ts";

export class Lending {
  /** READ_LEASE=1. */
  readonly #isOn: boolean;
  /** Empty: not known. */
  #to: NodeId;
  #until: Instant;

  /** A process that ended a moment ago may have lent to the one that it promised last. */
  constructor(start: { id: NodeId; isOn: boolean; hardState: HardState; now: Instant }) {
    const { promisedLeader, lends = false } = start.hardState;
    const mayHaveLent = (start.isOn || lends) && promisedLeader !== start.id;
    this.#isOn = start.isOn;
    this.#to = promisedLeader;
    this.#until = mayHaveLent ? start.now + leaseMs : Number.NEGATIVE_INFINITY;
  }

  /** From then on that node may be promised. */
  freeAt(candidate: NodeId): Instant {
    return candidate === this.#to ? Number.NEGATIVE_INFINITY : this.#until;
  }

  /** Whether the disk must say that a next process has to wait. */
  isNoted(now: Instant): boolean {
    return this.#isOn || now < this.#until;
  }

  /** False: the settings here are against it. */
  lend(to: NodeId, now: Instant): boolean {
    if (!this.#isOn) return false;
    this.#to = to;
    this.#until = now + leaseMs;
    return true;
  }

  /** That leader counts no more on what was lent to it. */
  release(by: NodeId): void {
    if (by === this.#to) this.#until = Number.NEGATIVE_INFINITY;
  }
}
