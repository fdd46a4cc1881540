import { Progress } from "../progress.ts";
import type { Entry, Sequence, SnapshotEnd } from "../types.ts";

/**
 * What a follower knows of the log: which entries this leadership has sent, and how far they are handed out
 * for applying. Entries of earlier leaderships lie on disk as evidence and are not in here.
 */
export class FollowerLog {
  /** Entries that are not handed out for applying yet, by sequence. */
  readonly #received = new Map<Sequence, Entry>();
  /** What this stream has brought. Invariant: contiguous >= applying, unless the store is replaced. */
  #progress: Progress;
  /** Handed out for applying. Invariant: applied <= applying <= committed. */
  #applying: Sequence;
  #committed: Sequence;
  #last: Sequence;

  constructor(at: { applied: Sequence; last: Sequence }) {
    this.#applying = at.applied;
    this.#committed = at.applied;
    this.#last = at.last;
    this.#progress = new Progress(at.applied);
  }

  get applying(): Sequence {
    return this.#applying;
  }

  /** The highest committed mark this node was told. */
  get committed(): Sequence {
    return this.#committed;
  }

  /** The highest sequence known of, of any epoch. */
  get last(): Sequence {
    return this.#last;
  }

  /** Highest sequence that this stream has brought without a hole below it. */
  get contiguous(): Sequence {
    return this.#progress.contiguous;
  }

  /** Entries received and not handed out; bounded by the leader's backlog. */
  get waiting(): number {
    return this.#received.size;
  }

  /** A leader begins to send, from what is applied here on or, if the store is replaced, from nothing. */
  begin(replacesStore: boolean): void {
    this.#received.clear();
    this.#progress = new Progress(replacesStore ? 0 : this.#applying);
  }

  /** The log on disk, of whatever epochs, ends here. */
  endsAt(sequence: Sequence): void {
    this.#last = sequence;
  }

  /** True when the entry is new on this stream. */
  add(entry: Entry): boolean {
    if (!this.#progress.add(entry.sequence)) return false;
    this.#received.set(entry.sequence, entry);
    this.#last = Math.max(this.#last, entry.sequence);
    return true;
  }

  sawCommitted(committed: Sequence): void {
    this.#committed = Math.max(this.#committed, committed);
  }

  /** The entries that may be applied next, in order and without a hole, up to the mark. */
  takeUpTo(told: Sequence): readonly Entry[] {
    const entries: Entry[] = [];
    while (this.#applying < told) {
      const entry = this.#received.get(this.#applying + 1);
      if (entry === undefined) break;
      this.#applying += 1;
      this.#received.delete(this.#applying);
      entries.push(entry);
    }
    return entries;
  }

  /** A received store took the place of the one here, whose mark may have been higher. */
  installed({ applied }: SnapshotEnd): void {
    this.#applying = applied;
    this.sawCommitted(applied);
    this.#last = Math.max(this.#last, applied);
    this.begin(false);
  }
}
