/**
 * A queue of items by the instant at which they are due, earliest first. Items of equal instants leave
 * in the order in which they arrived. Adding and taking cost O(log n).
 */
export class DueQueue<Item> {
  /** A binary heap: each node is due no later than its children, at 2i + 1 and 2i + 2. */
  #heap: HeapNode<Item>[] = [];
  #arrivals = 0;

  /** Items in the queue. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the first item is due; undefined when the queue is empty. */
  get nextDueAt(): number | undefined {
    return this.#heap[0]?.dueAt;
  }

  /** Adds an item; `dueAt` is an instant of whatever clock the caller uses. */
  push(item: Item, dueAt: number): void {
    const added = { item, dueAt, arrival: this.#arrivals++ };
    let at = this.#heap.length;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || !isBefore(added, parent)) break;
      this.#heap[at] = parent;
      at = parentAt;
    }
    this.#heap[at] = added;
  }

  /** Removes and returns every item that is due by `now`. */
  takeDue(now: number): Item[] {
    const due: Item[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.dueAt <= now; ) {
      due.push(first.item);
      this.#removeFirst();
      first = this.#heap[0];
    }
    return due;
  }

  /** Removes everything. */
  clear(): void {
    this.#heap = [];
  }

  /** Moves the last item to the top and sinks it to its place. */
  #removeFirst(): void {
    const moved = this.#heap.pop();
    if (moved === undefined || this.#heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const goRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = goRight ? right : left;
      if (child === undefined || !isBefore(child, moved)) break;
      this.#heap[at] = child;
      at = 2 * at + (goRight ? 2 : 1);
    }
    this.#heap[at] = moved;
  }
}

interface HeapNode<Item> {
  readonly item: Item;
  readonly dueAt: number;
  readonly arrival: number;
}

const isBefore = (one: HeapNode<unknown>, other: HeapNode<unknown>): boolean =>
  one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.arrival < other.arrival);
