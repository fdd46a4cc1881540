/** Keeps the newest `capacity` items, oldest first. Memory stays the same however many pass through. */
export class Ring<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  /** Place of the oldest item once the ring is full. */
  #start = 0;

  /** `capacity` is at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Returns the item that was dropped for this one, if any. */
  push(item: T): T | undefined {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return undefined;
    }
    const gone = this.#items[this.#start];
    this.#items[this.#start] = item;
    this.#start = (this.#start + 1) % this.#capacity;
    return gone;
  }

  /** The item at a place counted from the oldest, 0; negative places count from the newest, -1. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.#items.length + index : index;
    if (place < 0 || place >= this.#items.length) return undefined;
    return this.#items[(this.#start + place) % this.#items.length];
  }

  *[Symbol.iterator](): Generator<T> {
    for (let place = 0; place < this.#items.length; place++) yield this.at(place) as T;
  }

  /** The newest `count`, newest first. */
  newest(count: number): T[] {
    const found: T[] = [];
    for (let back = 1; back <= Math.min(count, this.#items.length); back++) {
      found.push(this.at(-back) as T);
    }
    return found;
  }
}
