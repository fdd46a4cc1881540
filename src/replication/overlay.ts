import type { Entry, Epoch, Sequence } from "./types.ts";

/** A write of one key that the leader's store does not show yet. */
export interface PendingWrite {
  readonly sequence: Sequence;
  readonly origin: Epoch;
  /** JSON text; undefined: deleted. */
  readonly value: string | undefined;
  /** Proposed in an earlier reign: whether it was settled then is not known yet. */
  readonly inherited: boolean;
  settled: boolean;
}

export type Sight =
  /** Nothing above the store matters: read the store. */
  | { readonly is: "store" }
  | { readonly is: "pending"; readonly write: PendingWrite }
  /** An earlier reign may have answered this write: wait until it settles, then look again. */
  | { readonly is: "unsure"; readonly sequence: Sequence };

/**
 * The leader's writes above its applied mark, by key. Together with the store it answers the two
 * questions of a leader: what is the newest settled write, and what is the newest proposed one?
 */
export class Overlay {
  /** Of each key its pending writes in sequence order. Invariant: no list is empty. */
  readonly #writes = new Map<string, PendingWrite[]>();
  /** Inherited writes that are not settled. */
  #unsure = 0;

  /** Sequence of the newest inherited write that is not settled; 0: there is none. */
  unsureThrough(): Sequence {
    let highest = 0;
    if (this.#unsure === 0) return highest;
    for (const writes of this.#writes.values())
      for (const write of writes)
        if (write.inherited && !write.settled) highest = Math.max(highest, write.sequence);
    return highest;
  }

  propose(entry: Entry, inherited: boolean): void {
    for (const { key, value } of entry.operations) {
      const write = {
        sequence: entry.sequence,
        origin: entry.origin,
        value,
        inherited,
        settled: false,
      };
      const writes = this.#writes.get(key);
      if (writes === undefined) this.#writes.set(key, [write]);
      else if (writes.at(-1)?.sequence === entry.sequence) writes[writes.length - 1] = write;
      else writes.push(write);
    }
    if (inherited) this.#unsure += new Set(entry.operations.map(({ key }) => key)).size;
  }

  settle(entry: Entry): void {
    for (const { key } of entry.operations) {
      const write = this.#writes.get(key)?.find(({ sequence }) => sequence === entry.sequence);
      if (write === undefined || write.settled) continue;
      write.settled = true;
      if (write.inherited) this.#unsure -= 1;
    }
  }

  /** The store shows this entry now. */
  applied(entry: Entry): void {
    for (const { key } of entry.operations) {
      const writes = this.#writes.get(key);
      if (writes === undefined) continue;
      const kept = writes.filter(({ sequence }) => sequence > entry.sequence);
      if (kept.length === 0) this.#writes.delete(key);
      else this.#writes.set(key, kept);
    }
  }

  newestProposed(key: string): PendingWrite | undefined {
    return this.#writes.get(key)?.at(-1);
  }

  /** What a linearizable read of the key must look at. */
  sight(key: string): Sight {
    const writes = this.#writes.get(key);
    if (writes === undefined) return { is: "store" };
    for (let index = writes.length - 1; index >= 0; index -= 1) {
      const write = writes[index];
      if (write === undefined) break;
      if (write.settled) return { is: "pending", write };
      if (write.inherited) return { is: "unsure", sequence: write.sequence };
    }
    return { is: "store" };
  }

  /** Keys with pending writes, in no order. */
  keys(): IterableIterator<string> {
    return this.#writes.keys();
  }
}
