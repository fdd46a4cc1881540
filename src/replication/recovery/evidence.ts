import { checksOf, everyCondition } from "../conditions.ts";
import type { Condition, Entry, Epoch, Sequence, SequenceRange } from "../types.ts";
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
  merged(above: {
    epoch: Epoch;
    applied: Sequence;
    store: StoreView;
    /** See Limits. */
    backlogEntriesMax: number;
  }): readonly Entry[] {
    const { epoch, applied, store, backlogEntriesMax } = above;
    const last = this.#lastWithin(applied, 2 * backlogEntriesMax);
    for (const sequence of this.#overruled({ from: applied + 1, to: last }))
      this.#entries.delete(sequence);
    const newest = new Map<string, Condition>();
    const seen = (key: string) => newest.get(key) ?? stored(key, store, applied);
    const entries: Entry[] = [];
    for (let sequence = applied + 1; sequence <= last; sequence += 1) {
      const found = this.#entries.get(sequence);
      const keep = found !== undefined && conditionsHold(found, seen);
      const entry: Entry = keep
        ? { ...pinned(found, seen), epoch }
        : { sequence, epoch, origin: epoch, operations: [] };
      for (const { key, value } of entry.operations)
        newest.set(
          key,
          value === undefined ? absent(sequence) : { version: sequence, origin: entry.origin },
        );
      entries.push(entry);
    }
    return entries;
  }

  /**
   * The highest sequence that is reached from the store without a gap of more than so many places. What lies beyond
   * cannot have settled: of everything so far below a settled entry phase 1 has heard. DESIGN.md, "What others say".
   */
  #lastWithin(applied: Sequence, gapMax: number): Sequence {
    const above = [...this.#entries.keys()].filter((sequence) => sequence > applied);
    let last = applied;
    for (const sequence of above.sort((left, right) => left - right)) {
      if (sequence - last > gapMax) break;
      last = sequence;
    }
    return last;
  }

  /**
   * Leftovers of an epoch before the one that stamped a conditional entry, written to the condition's key at places
   * that the condition passes over. The leader of that epoch had the whole log below the entry at hand, and these were
   * not in it: so they were never settled, while the conditional entry may have been.
   */
  #overruled({ from, to }: SequenceRange): ReadonlySet<Sequence> {
    const overruled = new Set<Sequence>();
    const writers = new Map<string, Entry[]>();
    for (let sequence = from; sequence <= to; sequence += 1) {
      const entry = this.#entries.get(sequence);
      if (entry === undefined) continue;
      const overrule = (key: string, condition: Condition | undefined): Entry[] => {
        const before = writers.get(key) ?? [];
        writers.set(key, before);
        const restsOn = condition === undefined ? sequence : placeOf(condition, sequence);
        for (let at = before.at(-1); at !== undefined; at = before.at(-1)) {
          if (at.sequence <= restsOn || at.epoch >= entry.epoch) break;
          before.pop();
          overruled.add(at.sequence);
        }
        return before;
      };
      // What is only checked is not written: the entry overrules, and is not overruled for it.
      for (const { key, condition } of checksOf(entry)) overrule(key, condition);
      for (const { key, condition } of entry.operations) overrule(key, condition).push(entry);
    }
    return overruled;
  }
}

/** Between this place and the entry at `sequence`, the log of its leader held no write of the condition's key. */
const placeOf = ({ version, after }: Condition, sequence: Sequence): Sequence =>
  // What an earlier version wrote says nothing of an absent key.
  version > 0 ? version : (after ?? sequence);

const absent = (after: Sequence): Condition => ({ version: 0, origin: 0, after });

function stored(key: string, store: StoreView, applied: Sequence): Condition {
  const record = store.get(key);
  return record === undefined
    ? absent(applied)
    : { version: record.version, origin: record.origin };
}

/** An entry that was conditional on one that is dropped goes with it. */
const conditionsHold = (entry: Entry, seen: (key: string) => Condition): boolean =>
  everyCondition(entry, (key, condition) => {
    const { version, origin } = seen(key);
    return version === condition.version && origin === condition.origin;
  });

/** The new epoch's leader answers for the log that it merged: that is what the condition rests on from now on. */
function pinned(entry: Entry, seen: (key: string) => Condition): Entry {
  const operations = entry.operations.map((operation) => {
    const { key, condition } = operation;
    return condition === undefined ? operation : { ...operation, condition: seen(key) };
  });
  const checks = checksOf(entry).map(({ key }) => ({ key, condition: seen(key) }));
  return { ...entry, operations, ...(checks.length > 0 && { requires: { checks } }) };
}
