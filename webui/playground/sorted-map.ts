/** What the stores of the virtual world need of the package `sorted-btree`, for a few hundred keys at a time. */
type Key = string | number;

export class SortedMap<K extends Key, V> {
  readonly #values: Map<K, V>;
  /** Invariant: those of #values, in order. Never changed in place, so that copies may share it. */
  #keys: readonly K[];

  constructor() {
    this.#values = new Map();
    this.#keys = [];
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  set(key: K, value: V): boolean {
    const isNew = !this.#values.has(key);
    this.#values.set(key, value);
    if (isNew) this.#keys = this.#keys.toSpliced(this.#placeOf(key), 0, key);
    return isNew;
  }

  delete(key: K): boolean {
    const isThere = this.#values.delete(key);
    if (isThere) this.#keys = this.#keys.toSpliced(this.#placeOf(key), 1);
    return isThere;
  }

  minKey(): K | undefined {
    return this.#keys[0];
  }

  maxKey(): K | undefined {
    return this.#keys.at(-1);
  }

  *entries(from?: K): IterableIterator<[K, V]> {
    const keys = this.#keys;
    for (let at = from === undefined ? 0 : this.#placeOf(from); at < keys.length; at += 1) {
      const key = keys[at] as K;
      yield [key, this.#values.get(key) as V];
    }
  }

  *values(from?: K): IterableIterator<V> {
    for (const [, value] of this.entries(from)) yield value;
  }

  forRange(low: K, high: K, _withHigh: true, told: (key: K, value: V) => void): void {
    for (const [key, value] of this.entries(low)) {
      if (key > high) return;
      told(key, value);
    }
  }

  deleteRange(low: K, high: K, _withHigh: true): void {
    for (const key of this.#keys.filter((one) => one >= low && one <= high)) this.delete(key);
  }

  clone(): SortedMap<K, V> {
    const copy = new SortedMap<K, V>();
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    copy.#keys = this.#keys;
    return copy;
  }

  /** Of the first key that is not below this one. */
  #placeOf(key: K): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as K) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
