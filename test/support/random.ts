/** A small seeded generator: the same seed gives the same numbers in [0, 1), for ever. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws from a generator of numbers in [0, 1). */
export class Dice {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** A whole number, both ends included. */
  whole(lowest: number, highest: number): number {
    return lowest + Math.floor(this.#random() * (highest - lowest + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) {
      throw new RangeError("nothing to pick from");
    }
    return item;
  }

  /** Some of the items, in a random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const rest = [...items];
    return Array.from({ length: Math.min(count, rest.length) }, () => {
      const [item] = rest.splice(this.whole(0, rest.length - 1), 1);
      return item as T;
    });
  }

  /** A generator of its own, so that its user does not disturb the draws of others. */
  fork(): Dice {
    return new Dice(mulberry32(this.whole(0, 2 ** 31)));
  }
}
