/**
 * A bound on what many may have open at a time, such as streams. One address may use all of it while
 * nobody else wants any. When it is full, a newcomer takes the place of the least recently used one of
 * the address that has the most, so that no address can shut out the others. Many addresses together cannot
 * shut out another one either where newcomers matter more than those before them, or where idle ones give way.
 */
import { clientOf } from "./client-of.ts";
import { type Idler, Idlest } from "./idlest.ts";

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
  /** Milliseconds of a clock that never goes back; absent: that of the process. */
  readonly now?: () => number;
}

/** All places of one kind. */
export class FairSlots {
  readonly #max: number;
  readonly #alwaysEnters: boolean;
  /** Those taken by each address, the least recently used first. */
  readonly #byAddress = new Map<string, Set<Taken>>();
  /** How many addresses have so many places. */
  readonly #addressesWith = new Map<number, number>();
  /** The most places that one address has. */
  #most = 0;
  readonly #idlest: Idlest<Taken>;
  #count = 0;
  #uses = 0;
  #refused = 0;
  #cut = 0;
  readonly #owner: Owner = {
    touch: (taken) => this.#touch(taken),
    leave: (taken) => this.#leave(taken),
  };

  constructor({ max, alwaysEnters = false, now = () => performance.now() }: FairSlotsOptions) {
    this.#max = max;
    this.#alwaysEnters = alwaysEnters;
    this.#idlest = new Idlest(now);
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
   * free by then. While it is idle it gives way to an address that has none.
   */
  enter(
    address: string | undefined,
    cut: () => void,
    idleSince: Idler["idleSince"] = neverIdle,
  ): Slot | undefined {
    const group = clientOf(address ?? "");
    if (this.#count >= this.#max && !this.#makeRoom(group)) {
      this.#refused += 1;
      return undefined;
    }
    const own = this.#byAddress.get(group) ?? new Set();
    const taken = new Taken(this.#owner, { group, cut, idleSince, usedAs: this.#nextUse() });
    this.#byAddress.set(group, own.add(taken));
    this.#resized(own.size - 1, own.size);
    this.#count += 1;
    return taken;
  }

  /** Takes one away. False: the newcomer's address would then have more than any other. */
  #makeRoom(newcomer: string): boolean {
    const own = this.#byAddress.get(newcomer)?.size ?? 0;
    const least = this.#alwaysEnters ? 1 : own + 2;
    const given =
      this.#mostCrowded(newcomer, least)?.oldest ?? (own === 0 ? this.#longestIdle() : undefined);
    if (given === undefined) return false;
    this.#leave(given);
    this.#cut += 1;
    given.cut();
    return true;
  }

  #longestIdle(): Taken | undefined {
    const isThere = (taken: Taken) => this.#byAddress.get(taken.group)?.has(taken) === true;
    return this.#idlest.next(() => this.#all(), isThere);
  }

  *#all(): Generator<Taken> {
    for (const own of this.#byAddress.values()) yield* own;
  }

  /** The address that has the most, at least so many; of several such the one that was idle for longest. */
  #mostCrowded(newcomer: string, least: number): Crowded | undefined {
    if (this.#most < least) return undefined;
    let found: Crowded | undefined;
    for (const [group, all] of this.#byAddress) {
      const [oldest] = all;
      // The newcomer counts as well, where its own address is among those with the most.
      const size = all.size + (this.#alwaysEnters && group === newcomer ? 1 : 0);
      if (oldest === undefined || size < (found?.size ?? least)) continue;
      if (found?.size === size && found.oldest.usedAs < oldest.usedAs) continue;
      found = { size, oldest };
    }
    return found;
  }

  #touch(taken: Taken): void {
    const all = this.#byAddress.get(taken.group);
    if (all?.delete(taken) !== true) return;
    taken.usedAs = this.#nextUse();
    all.add(taken);
  }

  #nextUse(): number {
    this.#uses += 1;
    return this.#uses;
  }

  #leave(taken: Taken): void {
    const all = this.#byAddress.get(taken.group);
    if (all?.delete(taken) !== true) return;
    this.#count -= 1;
    this.#resized(all.size + 1, all.size);
    if (all.size === 0) this.#byAddress.delete(taken.group);
  }

  /** One address has another number of places than before; the two differ by one. */
  #resized(before: number, after: number): void {
    const left = (this.#addressesWith.get(before) ?? 0) - 1;
    if (left > 0) this.#addressesWith.set(before, left);
    else this.#addressesWith.delete(before);
    if (after > 0) this.#addressesWith.set(after, (this.#addressesWith.get(after) ?? 0) + 1);
    if (after > this.#most || (before === this.#most && left <= 0)) this.#most = after;
  }
}

const neverIdle = (): undefined => undefined;

interface Crowded {
  readonly size: number;
  /** The least recently used one. */
  readonly oldest: Taken;
}

/** What places do with the slots that they are of. */
interface Owner {
  touch(taken: Taken): void;
  leave(taken: Taken): void;
}

interface Place extends Idler {
  /** Its address. */
  readonly group: string;
  readonly cut: () => void;
  /** Which use of any place its last one was. */
  readonly usedAs: number;
}

/** One object and no functions of its own: there are as many as connections. */
class Taken implements Slot, Idler {
  readonly group: string;
  readonly cut: () => void;
  readonly idleSince: Idler["idleSince"];
  usedAs: number;
  readonly #owner: Owner;

  constructor(owner: Owner, { group, cut, idleSince, usedAs }: Place) {
    this.#owner = owner;
    this.group = group;
    this.cut = cut;
    this.idleSince = idleSince;
    this.usedAs = usedAs;
  }

  touch(): void {
    this.#owner.touch(this);
  }

  leave(): void {
    this.#owner.leave(this);
  }
}
