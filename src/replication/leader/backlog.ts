import { invariant } from "../invariant.ts";
import type { Entry, Sequence } from "../types.ts";
import { entryBytes, type LogView } from "../views.ts";

/**
 * The leader's entries above its applied mark: what appends are made of and what will be applied.
 * Everything older is read back from the log.
 */
export class Backlog {
  readonly #log: LogView;
  /** By sequence. Invariant: no hole between applied + 1 and the last. */
  readonly #entries = new Map<Sequence, Entry>();
  #bytes = 0;

  constructor(log: LogView) {
    this.#log = log;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: Entry): void {
    this.#entries.set(entry.sequence, entry);
    this.#bytes += entryBytes(entry);
  }

  at(sequence: Sequence): Entry {
    const entry = this.#entries.get(sequence);
    invariant(entry !== undefined, "every entry above applied is at hand");
    return entry;
  }

  /** The store shows these now. */
  drop(range: { from: Sequence; to: Sequence }): readonly Entry[] {
    const dropped: Entry[] = [];
    for (let sequence = range.from; sequence <= range.to; sequence += 1) {
      const entry = this.#entries.get(sequence);
      if (entry === undefined) continue;
      this.#entries.delete(sequence);
      this.#bytes -= entryBytes(entry);
      dropped.push(entry);
    }
    return dropped;
  }

  /**
   * Entries from a sequence on without a hole, at least one if it is still known; none when the
   * log no longer reaches back that far.
   */
  read(from: Sequence, room: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    if (!this.#entries.has(from)) return withoutHole(from, this.#log.read(from, room));
    const entries: Entry[] = [];
    let bytes = 0;
    for (let at = from; entries.length < room.entriesMax && bytes < room.bytesMax; at += 1) {
      const entry = this.#entries.get(at);
      if (entry === undefined) break;
      bytes += entryBytes(entry);
      entries.push(entry);
    }
    return entries;
  }

  /** Whether everything from a sequence on can still be read. */
  reachesBack(to: Sequence): boolean {
    if (this.#entries.has(to)) return true;
    const first = this.#log.first();
    return first > 0 && first <= to;
  }
}

function withoutHole(from: Sequence, entries: readonly Entry[]): readonly Entry[] {
  const hole = entries.findIndex(({ sequence }, index) => sequence !== from + index);
  return hole < 0 ? entries : entries.slice(0, hole);
}
