/** Finds who has been idle for longest among many, without a look at all of them for every newcomer. */

/** Whoever may be idle. */
export interface Idler {
  /** When it was last in use, in any unit that grows; undefined: it is in use. */
  readonly idleSince: () => number | undefined;
}

/** How many are found by one look at all of them. */
const foundMax = 1000;
/** How many callers in a row are told that there is none, before all are looked at again. */
const skippedMax = 100;

interface Found<Each> {
  readonly one: Each;
  readonly since: number;
}

/** One search that goes on from call to call. */
export class Idlest<Each extends Idler> {
  /** The longest idle one last. */
  #found: Found<Each>[] = [];
  #skips = 0;

  /** The one that has been idle for longest, if any is; `isThere`: it may have gone since the last look. */
  next(all: () => Iterable<Each>, isThere: (one: Each) => boolean): Each | undefined {
    const known = this.#take(isThere);
    if (known !== undefined) return known;
    if (this.#skips > 0) {
      this.#skips -= 1;
      return undefined;
    }
    this.#look(all());
    const found = this.#take(isThere);
    if (found === undefined) this.#skips = skippedMax;
    return found;
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
