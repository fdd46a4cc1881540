/**
 * A bound on what many may have open at a time, such as streams. One address may use all of it while
 * nobody else wants any. When it is full, a newcomer takes the place of the oldest one of the address
 * that has the most, so that no address can shut out the others.
 */
export class FairSlots {
  readonly #max: number;
  /** The open ones of each address, the oldest first. */
  readonly #byAddress = new Map<string, Set<Slot>>();
  #count = 0;
  #refused = 0;
  #cut = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many are open. */
  get count(): number {
    return this.#count;
  }

  /** How many found no place. */
  get refused(): number {
    return this.#refused;
  }

  /** How many had to end for another address. */
  get cut(): number {
    return this.#cut;
  }

  /**
   * Takes a place; the returned function gives it back and may be called twice. Undefined: none is left
   * for this address. `cut` ends whatever has the place; it is free by then.
   */
  enter(address: string | undefined, cut: () => void): (() => void) | undefined {
    const group = groupOf(address ?? "");
    if (this.#count >= this.#max && !this.#makeRoom(group)) {
      this.#refused += 1;
      return undefined;
    }
    const slot: Slot = { cut };
    const own = this.#byAddress.get(group) ?? new Set();
    this.#byAddress.set(group, own.add(slot));
    this.#count += 1;
    return () => this.#leave(group, slot);
  }

  /** Ends one of the address that has the most, unless the newcomer would then have as many. */
  #makeRoom(newcomer: string): boolean {
    let [most, crowded] = [this.#byAddress.get(newcomer)?.size ?? 0, ""];
    most += 1;
    for (const [group, slots] of this.#byAddress) {
      if (slots.size > most) [most, crowded] = [slots.size, group];
    }
    const [oldest] = this.#byAddress.get(crowded) ?? [];
    if (oldest === undefined) return false;
    this.#leave(crowded, oldest);
    this.#cut += 1;
    oldest.cut();
    return true;
  }

  #leave(group: string, slot: Slot): void {
    const slots = this.#byAddress.get(group);
    if (slots?.delete(slot) !== true) return;
    this.#count -= 1;
    if (slots.size === 0) this.#byAddress.delete(group);
  }
}

interface Slot {
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
