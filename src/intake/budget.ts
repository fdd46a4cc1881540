/**
 * A bound on the bytes that a node keeps for others: requests that are half read, answers that are not
 * read. A bound alone would let those who keep bytes for long shut out everyone else. So when it is
 * reached, the oldest holder is cut off, unless all are young: then the new one is refused.
 */

/** What one holder keeps in memory. */
export interface Holding {
  /** Adds bytes. False: there is no room, or the holder was cut off; they are not counted. */
  take(bytes: number): boolean;
  /** Makes it so many bytes, without starting anew. False as for `take`; then it holds none. */
  keep(bytes: number): boolean;
  /** Gives all bytes back. Safe to call twice; a later `take` starts anew. */
  release(): void;
}

/** What one of many, such as a connection, may hold at most of a budget. */
export interface Share {
  readonly bytesMax: number;
  bytes: number;
}

interface BudgetOptions {
  readonly bytesMax: number;
  /** Milliseconds for which a holder is safe: an honest one has finished by then. */
  readonly safeMs: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** All holdings of one kind. Invariant: `bytes` is their sum, and never above `bytesMax`. */
export class Budget {
  readonly bytesMax: number;
  readonly #safeMs: number;
  readonly #now: () => number;
  /** Those with bytes, the oldest first. */
  readonly #holders = new Set<Holder>();
  #bytes = 0;
  #refused = 0;
  #cut = 0;

  constructor({ bytesMax, safeMs, now }: BudgetOptions) {
    this.bytesMax = bytesMax;
    this.#safeMs = safeMs;
    this.#now = now;
  }

  /** Bytes that are held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How often there was no room. */
  get refused(): number {
    return this.#refused;
  }

  /** How many holders were cut off to make room. */
  get cut(): number {
    return this.#cut;
  }

  /** `cut` ends whatever holds the bytes; they count as given back. */
  open(cut: () => void, share?: Share): Holding {
    const holder: Holder = { bytes: 0, since: 0, cut, share };
    return {
      take: (bytes) => this.#take(holder, bytes),
      keep: (bytes) => {
        const more = bytes - holder.bytes;
        if (more <= 0) {
          this.#add(holder, more);
          return true;
        }
        const taken = this.#take(holder, more);
        if (!taken) this.#release(holder);
        return taken;
      },
      release: () => this.#release(holder),
    };
  }

  /** Whether so many bytes fit, after old holders are cut off. False counts as a refusal. */
  #makeRoom(bytes: number): boolean {
    const longAgo = this.#now() - this.#safeMs;
    for (const holder of this.#holders) {
      if (this.#bytes + bytes <= this.bytesMax || holder.since > longAgo) break;
      this.#release(holder);
      this.#cut += 1;
      holder.cut();
    }
    const fits = this.#bytes + bytes <= this.bytesMax;
    if (!fits) this.#refused += 1;
    return fits;
  }

  #take(holder: Holder, bytes: number): boolean {
    const wasHolding = this.#holders.has(holder);
    const { share } = holder;
    if (share !== undefined && share.bytes + bytes > share.bytesMax) {
      this.#refused += 1;
      return false;
    }
    if (this.#bytes + bytes > this.bytesMax && !this.#makeRoom(bytes)) return false;
    if (!this.#holders.has(holder)) {
      // It was the oldest, and is cut off by now.
      if (wasHolding) return false;
      holder.since = this.#now();
      this.#holders.add(holder);
    }
    this.#add(holder, bytes);
    return true;
  }

  #release(holder: Holder): void {
    this.#add(holder, -holder.bytes);
    this.#holders.delete(holder);
  }

  #add(holder: Holder, bytes: number): void {
    holder.bytes += bytes;
    this.#bytes += bytes;
    if (holder.share !== undefined) holder.share.bytes += bytes;
  }
}

interface Holder {
  bytes: number;
  since: number;
  readonly cut: () => void;
  readonly share: Share | undefined;
}
