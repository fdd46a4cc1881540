/**
 * A bound on what many may have open at a time, such as streams. One address may use all of it while
 * nobody else wants any. When it is full, a newcomer takes the place of the least recently used one of
 * the address that has the most, so that no address can shut out the others.
 */

/** A place that is taken. */
export interface Slot {
  /** It was used just now. */
  touch(): void;
  /** Gives it back. Safe to call twice. */
  leave(): void;
}

interface FairSlotsOptions {
  readonly max: number;
  /** A newcomer may also take a place of its own address; else it is refused. */
  readonly replacesOwn?: boolean;
}

/** All places of one kind. */
export class FairSlots {
  readonly #max: number;
  readonly #replacesOwn: boolean;
  /** Those taken by each address, the least recently used first. */
  readonly #byAddress = new Map<string, Set<Taken>>();
  #count = 0;
  #refused = 0;
  #cut = 0;

  constructor({ max, replacesOwn = false }: FairSlotsOptions) {
    this.#max = max;
    this.#replacesOwn = replacesOwn;
  }

  /** How many are taken. */
  get count(): number {
    return this.#count;
  }

  /** How many newcomers found none. */
  get refused(): number {
    return this.#refused;
  }

  /** How many were taken away for others. */
  get cut(): number {
    return this.#cut;
  }

  /**
   * Takes a place. Undefined: none is left for this address. `cut` ends whatever has the place; it is
   * free by then.
   */
  enter(address: string | undefined, cut: () => void): Slot | undefined {
    const group = groupOf(address ?? "");
    if (this.#count >= this.#max && !this.#makeRoom(group)) {
      this.#refused += 1;
      return undefined;
    }
    const own = this.#byAddress.get(group) ?? new Set();
    const taken: Taken = { cut };
    this.#byAddress.set(group, own.add(taken));
    this.#count += 1;
    return {
      touch: () => {
        if (own.delete(taken)) own.add(taken);
      },
      leave: () => this.#leave(group, taken),
    };
  }

  /** Takes one away from the address that has the most, unless the newcomer would then have more. */
  #makeRoom(newcomer: string): boolean {
    const own = this.#byAddress.get(newcomer)?.size ?? 0;
    let [most, crowded] = this.#replacesOwn && own > 0 ? [own, newcomer] : [own + 1, ""];
    for (const [group, { size }] of this.#byAddress) {
      if (size > most) [most, crowded] = [size, group];
    }
    const [oldest] = this.#byAddress.get(crowded) ?? [];
    if (oldest === undefined) return false;
    this.#leave(crowded, oldest);
    this.#cut += 1;
    oldest.cut();
    return true;
  }

  #leave(group: string, taken: Taken): void {
    const all = this.#byAddress.get(group);
    if (all?.delete(taken) !== true) return;
    this.#count -= 1;
    if (all.size === 0) this.#byAddress.delete(group);
  }
}

interface Taken {
  readonly cut: () => void;
}

/** Whoever has an IPv6 address has all those of its first 64 bits. */
function groupOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head.split(":");
  return tail === undefined || groups.length >= 4
    ? groups.slice(0, 4).join(":")
    : [...groups, ...Array(4).fill("0")].slice(0, 4).join(":");
}
