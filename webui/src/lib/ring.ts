/** The newest `capacity` items, oldest first; memory does not grow however many pass through. */
export class Ring<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  /** Place of the oldest item once the ring is full. */
  #start = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Returns the item that had to go, if any. */
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

  /** Counted from the oldest; negative numbers from the newest: -1 is the newest. */
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

  clear(): void {
    this.#items.length = 0;
    this.#start = 0;
  }
}
