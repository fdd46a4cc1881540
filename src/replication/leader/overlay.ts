import type { Entry, Epoch, Sequence } from "../types.ts";

/** A write of one key that the leader's store does not show yet. */
export interface PendingWrite {
  readonly sequence: Sequence;
  readonly origin: Epoch;
  /** JSON text; undefined: deleted. */
  readonly value: string | undefined;
  /** Proposed in an earlier epoch: whether it was settled then is not known yet. */
  readonly inherited: boolean;
  settled: boolean;
}

export type ReadView =
  /** Nothing above the store matters: read the store. */
  | { readonly type: "store" }
  | { readonly type: "pending"; readonly write: PendingWrite }
  /** An earlier leader may have answered this write: wait until it settles, then look again. */
  | { readonly type: "unsure"; readonly sequence: Sequence };

/** The pending writes of one key, in sequence order. Those before `start` are applied. */
interface KeyWrites {
  list: PendingWrite[];
  start: number;
}

/**
 * The leader's writes above its applied mark, by key. Together with the store it answers the two
 * questions of a leader: what is the newest settled write, and what is the newest proposed one?
 * However many writes of one key wait, each step costs about the same.
 */
export class Overlay {
  /** Invariant: every key here has a write that is not applied. */
  readonly #keys = new Map<string, KeyWrites>();
  /** Inherited writes that are not settled. */
  #unsure = 0;

  /** Sequence of the newest inherited write that is not settled; 0: there is none. */
  unsureThrough(): Sequence {
    let highest = 0;
    if (this.#unsure === 0) return highest;
    for (const { list, start } of this.#keys.values())
      for (const write of list.slice(start))
        if (write.inherited && !write.settled) highest = Math.max(highest, write.sequence);
    return highest;
  }

  propose(entry: Entry, inherited: boolean): void {
    const { sequence, origin } = entry;
    for (const { key, value } of entry.operations) {
      const write = { sequence, origin, value, inherited, settled: false };
      const known = this.#keys.get(key);
      if (known === undefined) this.#keys.set(key, { list: [write], start: 0 });
      else if (known.list.at(-1)?.sequence === sequence) {
        // The last operation on a key decides what the entry makes of it.
        known.list[known.list.length - 1] = write;
        continue;
      } else known.list.push(write);
      if (inherited) this.#unsure += 1;
    }
  }

  settle(entry: Entry): void {
    for (const { key } of entry.operations) {
      const write = find(this.#keys.get(key), entry.sequence);
      if (write === undefined || write.settled) continue;
      write.settled = true;
      if (write.inherited) this.#unsure -= 1;
    }
  }

  /** The store shows this entry, and all before it, now. */
  applied(entry: Entry): void {
    for (const { key } of entry.operations) {
      const known = this.#keys.get(key);
      if (known === undefined) continue;
      while ((known.list[known.start]?.sequence ?? Infinity) <= entry.sequence) known.start += 1;
      if (known.start === known.list.length) this.#keys.delete(key);
      else if (known.start > 32 && 2 * known.start > known.list.length) {
        known.list = known.list.slice(known.start);
        known.start = 0;
      }
    }
  }

  newestProposed(key: string): PendingWrite | undefined {
    return this.#keys.get(key)?.list.at(-1);
  }

  /** What a linearizable read of the key must look at. */
  readView(key: string): ReadView {
    const known = this.#keys.get(key);
    if (known === undefined) return { type: "store" };
    for (let index = known.list.length - 1; index >= known.start; index -= 1) {
      const write = known.list[index];
      if (write === undefined) break;
      if (write.settled) return { type: "pending", write };
      if (write.inherited) return { type: "unsure", sequence: write.sequence };
    }
    return { type: "store" };
  }

  /**
   * The newest write of the key at or below this place in the log, settled or not; undefined: the store has it. The
   * store must not have gone beyond that place.
   */
  newestThrough(key: string, through: Sequence): PendingWrite | undefined {
    const known = this.#keys.get(key);
    return known?.list.findLast(({ sequence }, at) => sequence <= through && at >= known.start);
  }

  /** What a local read of the key shows: an unsure write counts as not written yet. */
  settledView(key: string): ReadView {
    const known = this.#keys.get(key);
    const write = known?.list.findLast(({ settled }, at) => settled && at >= known.start);
    return write === undefined ? { type: "store" } : { type: "pending", write };
  }

  /** Keys with pending writes, in no order. */
  keys(): IterableIterator<string> {
    return this.#keys.keys();
  }
}

/** By binary search, for sequences ascend. */
function find(known: KeyWrites | undefined, sequence: Sequence): PendingWrite | undefined {
  if (known === undefined) return undefined;
  let low = known.start;
  let high = known.list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((known.list[middle]?.sequence ?? 0) < sequence) low = middle + 1;
    else high = middle;
  }
  const found = known.list[low];
  return found?.sequence === sequence ? found : undefined;
}
