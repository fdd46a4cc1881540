/** Items by the instant they are due, earliest first; equal instants leave in order of arrival. */
export class DueQueue<Item> {
  /** A binary heap: each slot is due no later than its children, at 2i + 1 and 2i + 2. */
  #slots: Slot<Item>[] = [];
  #arrivals = 0;

  get size(): number {
    return this.#slots.length;
  }

  /** Undefined when nothing waits. */
  get nextDueAt(): number | undefined {
    return this.#slots[0]?.dueAt;
  }

  push(item: Item, dueAt: number): void {
    const slot = { item, dueAt, arrival: this.#arrivals++ };
    let at = this.#slots.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#slots[parentAt];
      if (parent === undefined || !isBefore(slot, parent)) break;
      this.#slots[at] = parent;
      at = parentAt;
    }
    this.#slots[at] = slot;
  }

  /** Takes out every item that is due by then. */
  takeDue(now: number): Item[] {
    const due: Item[] = [];
    for (let first = this.#slots[0]; first !== undefined && first.dueAt <= now; ) {
      due.push(first.item);
      this.#removeFirst();
      first = this.#slots[0];
    }
    return due;
  }

  clear(): void {
    this.#slots = [];
  }

  #removeFirst(): void {
    const moved = this.#slots.pop();
    if (moved === undefined || this.#slots.length === 0) return;
    let at = 0;
    for (;;) {
      const left = this.#slots[2 * at + 1];
      const right = this.#slots[2 * at + 2];
      const goRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = goRight ? right : left;
      if (child === undefined || !isBefore(child, moved)) break;
      this.#slots[at] = child;
      at = 2 * at + (goRight ? 2 : 1);
    }
    this.#slots[at] = moved;
  }
}

interface Slot<Item> {
  readonly item: Item;
  readonly dueAt: number;
  readonly arrival: number;
}

const isBefore = (one: Slot<unknown>, other: Slot<unknown>): boolean =>
  one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.arrival < other.arrival);
