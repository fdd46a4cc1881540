import type { Sequence, SequenceRange } from "./types.ts";

/** Which sequences one stream has brought: everything up to a mark, and islands above it. */
export class Progress {
  /** Highest sequence with no hole below it. */
  #contiguous: Sequence;
  /** Sequences beyond the first hole. Invariant: all > contiguous + 1; bounded by the window. */
  readonly #islands = new Set<Sequence>();

  constructor(contiguous: Sequence) {
    this.#contiguous = contiguous;
  }

  get contiguous(): Sequence {
    return this.#contiguous;
  }

  has(sequence: Sequence): boolean {
    return sequence <= this.#contiguous || this.#islands.has(sequence);
  }

  /** True when the sequence is news. */
  add(sequence: Sequence): boolean {
    if (this.has(sequence)) return false;
    if (sequence !== this.#contiguous + 1) {
      this.#islands.add(sequence);
      return true;
    }
    this.#contiguous = sequence;
    while (this.#islands.delete(this.#contiguous + 1)) this.#contiguous += 1;
    return true;
  }
}

/** Folds sequences, in any order and with repetitions, into the fewest ranges, ascending. */
export function toRanges(sequences: readonly Sequence[]): SequenceRange[] {
  const sorted = [...sequences].sort((left, right) => left - right);
  const ranges: { from: Sequence; to: Sequence }[] = [];
  for (const sequence of sorted) {
    const open = ranges.at(-1);
    if (open !== undefined && sequence <= open.to + 1) open.to = sequence;
    else ranges.push({ from: sequence, to: sequence });
  }
  return ranges;
}
