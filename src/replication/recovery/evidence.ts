import type { Entry, Epoch, Sequence, SequenceRange } from "../types.ts";
import type { StoreView } from "../views.ts";

/**
 * What the nodes that a recovery hears hold above its store: at each sequence the entry of the highest epoch.
 * Which of them were settled nobody knows, so whatever may have been is kept.
 */
export class Evidence {
  readonly #entries = new Map<Sequence, Entry>();

  /** Takes an entry of some node's log into account. */
  weigh(entry: Entry): void {
    const known = this.#entries.get(entry.sequence);
    if (known === undefined || known.epoch < entry.epoch) this.#entries.set(entry.sequence, entry);
  }

  /** The log of the new epoch above the store: without a hole, with no-ops in place of what is dropped. */
  merged(above: { epoch: Epoch; applied: Sequence; store: StoreView }): readonly Entry[] {
    const { epoch, applied, store } = above;
    let last = applied;
    for (const sequence of this.#entries.keys()) last = Math.max(last, sequence);
    for (const sequence of this.#overruled({ from: applied + 1, to: last }))
      this.#entries.delete(sequence);
    const newest = new Map<string, { version: Sequence; origin: Epoch }>();
    const entries: Entry[] = [];
    for (let sequence = applied + 1; sequence <= last; sequence += 1) {
      const found = this.#entries.get(sequence);
      const keep = found !== undefined && conditionsHold(found, newest, store);
      const entry: Entry = keep
        ? { ...found, epoch }
        : { sequence, epoch, origin: epoch, operations: [] };
      for (const { key, value } of entry.operations)
        newest.set(
          key,
          value === undefined
            ? { version: 0, origin: 0 }
            : { version: sequence, origin: entry.origin },
        );
      entries.push(entry);
    }
    return entries;
  }

  /**
   * Leftovers of an epoch before the one that proposed a condition, written to the condition's key at places
   * that it passes over. The leader of that epoch had the whole log below the entry at hand, and these were not in
   * it: so they were never settled, while the conditional entry may have been.
   */
  #overruled({ from, to }: SequenceRange): ReadonlySet<Sequence> {
    const overruled = new Set<Sequence>();
    const writers = new Map<string, { entry: Entry; deletes: boolean }[]>();
    for (let sequence = from; sequence <= to; sequence += 1) {
      const entry = this.#entries.get(sequence);
      for (const { key, value, condition } of entry?.operations ?? []) {
        if (entry === undefined) break;
        const before = writers.get(key) ?? [];
        writers.set(key, before);
        for (let at = before.at(-1); at !== undefined; at = before.at(-1)) {
          if (condition === undefined || at.entry.epoch >= entry.origin) break;
          // What the condition names stays: that version, or, for an absent key, its deletion.
          if (at.entry.sequence <= condition.version) break;
          if (condition.version === 0 && at.deletes) break;
          before.pop();
          overruled.add(at.entry.sequence);
        }
        before.push({ entry, deletes: value === undefined });
      }
    }
    return overruled;
  }
}

/** An entry that was conditional on one that is dropped goes with it. */
function conditionsHold(
  entry: Entry,
  newest: ReadonlyMap<string, { version: Sequence; origin: Epoch }>,
  store: StoreView,
): boolean {
  return entry.operations.every(({ key, condition }) => {
    if (condition === undefined) return true;
    const stored = store.get(key);
    const seen = newest.get(key) ?? stored ?? { version: 0, origin: 0 };
    return seen.version === condition.version && seen.origin === condition.origin;
  });
}
