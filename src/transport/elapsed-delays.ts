/** How long entries were really held back, which a write with a trace shows. */
import type { Sequence } from "../replication/types.ts";

/** Entries that are remembered for one follower. */
const rememberedMax = 8192;

/** The delays of the entries to one follower that were released last, in milliseconds. */
export class ElapsedDelays {
  readonly #ms = new Map<Sequence, number>();
  /** Sequences in the order of their release; the oldest one is overwritten by the next. */
  readonly #order: Sequence[] = [];
  #next = 0;

  /** 0 for an entry that was not delayed or is not remembered. */
  get(sequence: Sequence): number {
    return this.#ms.get(sequence) ?? 0;
  }

  /** Notes the delay of an entry, in milliseconds. */
  record(sequence: Sequence, ms: number): void {
    // An entry that is sent again after a reconnect keeps its place in the order.
    if (!this.#ms.has(sequence)) this.#remember(sequence);
    this.#ms.set(sequence, ms);
  }

  /** The entry was sent again, without a delay. */
  forget(sequence: Sequence): void {
    if (this.#ms.size > 0 && this.#ms.has(sequence)) this.#ms.set(sequence, 0);
  }

  #remember(sequence: Sequence): void {
    const oldest = this.#order[this.#next];
    if (oldest !== undefined) this.#ms.delete(oldest);
    this.#order[this.#next] = sequence;
    this.#next = (this.#next + 1) % rememberedMax;
  }
}
