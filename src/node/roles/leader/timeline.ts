/** The age of entries, for `lagMs`: it says how old the oldest entry is that a follower lacks. */
import type { Instant, Sequence } from "../../../replication/types.ts";

/** Marks that are kept at least, and twice that at most: 40 s of steady writes. */
const marksMax = 8192;
/** Proposals that follow one another closer than this share a mark. */
const spacingMs = 5;

/** When entries were proposed, to a few milliseconds: enough to tell how old a missing one is. */
export class Timeline {
  #marks: { readonly from: Sequence; readonly at: Instant }[] = [];

  /** Entries from this one on were proposed now. */
  note(from: Sequence, at: Instant): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && at - last.at < spacingMs) return;
    this.#marks.push({ from, at });
    if (this.#marks.length >= 2 * marksMax) this.#marks = this.#marks.slice(-marksMax);
  }

  /** Milliseconds since about the proposal of an entry; of very old ones, since the oldest known. */
  ageMs(sequence: Sequence, now: Instant): number {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#marks[middle]?.from ?? 0) <= sequence) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, now - (this.#marks[low]?.at ?? now));
  }
}
