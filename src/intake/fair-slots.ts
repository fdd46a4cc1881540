/**
 * A bound on what many may have open at a time, such as streams. One address may use all of it while
 * nobody else wants any. When it is full, a newcomer takes the place of the least recently used one of
 * the address that has the most, so that no address can shut out the others. Where newcomers matter more
 * than those before them, many addresses together cannot either.
 */
import { clientOf } from "./client-of.ts";

/** A place that is taken. */
export interface Slot {
  /** It was used just now. */
  touch(): void;
  /** Gives it back. Safe to call twice. */
  leave(): void;
}

interface FairSlotsOptions {
  readonly max: number;
  /** Every newcomer gets a place, also that of its own address or of one that has no more. */
  readonly alwaysEnters?: boolean;
}

/** All places of one kind. */
export class FairSlots {
  readonly #max: number;
  readonly #alwaysEnters: boolean;
  /** Those taken by each address, the least recently used first. */
  readonly #byAddress = new Map<string, Set<Taken>>();
  #count = 0;
  #uses = 0;
  #refused = 0;
  #cut = 0;

  constructor({ max, alwaysEnters = false }: FairSlotsOptions) {
    this.#max = max;
    this.#alwaysEnters = alwaysEnters;
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
    const group = clientOf(address ?? "");
    if (this.#count >= this.#max && !this.#makeRoom(group)) {
      this.#refused += 1;
      return undefined;
    }
    const own = this.#byAddress.get(group) ?? new Set();
    const taken: Taken = { cut, usedAs: this.#nextUse() };
    this.#byAddress.set(group, own.add(taken));
    this.#count += 1;
    return {
      touch: () => {
        if (!own.delete(taken)) return;
        taken.usedAs = this.#nextUse();
        own.add(taken);
      },
      leave: () => this.#leave(group, taken),
    };
  }

  /** Takes one away. False: the newcomer's address would then have more than any other. */
  #makeRoom(newcomer: string): boolean {
    const own = this.#byAddress.get(newcomer)?.size ?? 0;
    const crowded = this.#mostCrowded(newcomer, this.#alwaysEnters ? 1 : own + 2);
    if (crowded === undefined) return false;
    const { group, oldest } = crowded;
    this.#leave(group, oldest);
    this.#cut += 1;
    oldest.cut();
    return true;
  }

  /** The address that has the most, at least so many; of several such the one that was idle for longest. */
  #mostCrowded(newcomer: string, least: number): Crowded | undefined {
    let found: Crowded | undefined;
    for (const [group, all] of this.#byAddress) {
      const [oldest] = all;
      // The newcomer counts as well, where its own address is among those with the most.
      const size = all.size + (this.#alwaysEnters && group === newcomer ? 1 : 0);
      if (oldest === undefined || size < (found?.size ?? least)) continue;
      if (found?.size === size && found.oldest.usedAs < oldest.usedAs) continue;
      found = { group, size, oldest };
    }
    return found;
  }

  #nextUse(): number {
    this.#uses += 1;
    return this.#uses;
  }

  #leave(group: string, taken: Taken): void {
    const all = this.#byAddress.get(group);
    if (all?.delete(taken) !== true) return;
    this.#count -= 1;
    if (all.size === 0) this.#byAddress.delete(group);
  }
}

interface Crowded {
  readonly group: string;
  readonly size: number;
  /** The least recently used one. */
  readonly oldest: Taken;
}

interface Taken {
  readonly cut: () => void;
  /** Which use of any place its last one was. */
  usedAs: number;
}
