import type { Operation, Requirements, Sequence } from "../../replication/types.ts";
import type { Rest } from "./reliance.ts";

/** An entry that somebody saw take effect: a writer, a reader, or a node that applied it. */
export interface Known extends Rest {
  readonly content: string;
  readonly operations: readonly Operation[];
  readonly requires?: Requirements | undefined;
}

/** Whatever may never vanish again. */
export class KnownEntries {
  readonly #entries = new Map<Sequence, Known>();
  #highest: Sequence = 0;

  get(sequence: Sequence): Known | undefined {
    return this.#entries.get(sequence);
  }

  all(): Iterable<readonly [Sequence, Known]> {
    return this.#entries;
  }

  /** In order. */
  *above(mark: Sequence): IterableIterator<[Sequence, Known]> {
    for (let at = mark + 1; at <= this.#highest; at += 1) {
      const known = this.#entries.get(at);
      if (known !== undefined) yield [at, known];
    }
  }

  add(sequence: Sequence, known: Known): void {
    const before = this.#entries.get(sequence);
    const degraded = known.degraded || before?.degraded === true;
    this.#entries.set(sequence, { ...known, degraded });
    this.#highest = Math.max(this.#highest, sequence);
  }

  /** The design admits that these are lost. */
  forgetFrom(sequence: Sequence): void {
    for (const [at] of this.#entries) if (at >= sequence) this.#entries.delete(at);
    this.#highest = Math.min(this.#highest, sequence - 1);
  }

  /** Enough followers know the low floor that entries were settled by: nothing excuses them now. */
  floorRestored(): void {
    for (const [sequence, known] of this.#entries)
      if (known.degraded) this.#entries.set(sequence, { ...known, degraded: false });
  }
}
