/** Finds who has been idle for longest among many, without a look at all of them for every newcomer. */

/** Whoever may be idle. */
export interface Idler {
  /** When it was last in use, in any unit that grows; undefined: it is in use. */
  readonly idleSince: () => number | undefined;
}

/** How many are found by one look at all of them. */
const foundMax = 1000;
/** Milliseconds between two looks. A look at 20,000 takes 2 ms: many newcomers must not keep the node busy with it. */
const lookIntervalMs = 50;

interface Found<Each> {
  readonly one: Each;
  readonly since: number;
}

/** One search that goes on from call to call. */
export class Idlest<Each extends Idler> {
  /** Milliseconds of a clock that never goes back. */
  readonly #now: () => number;
  /** The longest idle one last. */
  #found: Found<Each>[] = [];
  #nextLookAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The one that has been idle for longest, if any was at the last look or is at one that is due. `isThere`: it may have
   * gone since the last look.
   */
  next(all: () => Iterable<Each>, isThere: (one: Each) => boolean): Each | undefined {
    const known = this.#take(isThere);
    if (known !== undefined) return known;
    const now = this.#now();
    if (now < this.#nextLookAt) return undefined;
    this.#nextLookAt = now + lookIntervalMs;
    this.#look(all());
    return this.#take(isThere);
  }

  #look(all: Iterable<Each>): void {
    const found: Found<Each>[] = [];
    for (const one of all) {
      const since = one.idleSince();
      if (since !== undefined) found.push({ one, since });
    }
    found.sort((one, other) => one.since - other.since);
    this.#found = found.slice(0, foundMax).reverse();
  }

  /** Passes over those that have gone, or were in use meanwhile. */
  #take(isThere: (one: Each) => boolean): Each | undefined {
    for (let last = this.#found.pop(); last !== undefined; last = this.#found.pop())
      if (isThere(last.one) && last.one.idleSince() === last.since) return last.one;
    return undefined;
  }
}
