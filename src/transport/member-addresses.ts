/** Where the members of NODES may dial from, as far as their hosts tell. */
import type { LookupAddress } from "node:dns";
import { BlockList, isIP } from "node:net";

/** Milliseconds between two looks at names, whoever asks. */
const lookMs = 5_000;

interface MemberAddressesOptions {
  /** As in NODES: names, or addresses with or without brackets. */
  readonly hosts: readonly string[];
  /** All addresses of a name; rejects where there is none. */
  readonly lookup: (host: string) => Promise<readonly LookupAddress[]>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * The addresses of the hosts. Names are looked up when somebody comes from an unknown address, one name
 * at a time, because lookups take threads that storage needs. A name that is not found keeps its addresses.
 */
export class MemberAddresses {
  readonly #lookup: MemberAddressesOptions["lookup"];
  readonly #now: () => number;
  readonly #names: readonly string[];
  readonly #found = new Map<string, readonly string[]>();
  #known = new BlockList();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor({ hosts, lookup, now }: MemberAddressesOptions) {
    this.#lookup = lookup;
    this.#now = now;
    const plain = [...new Set(hosts.map((host) => host.replace(/^\[|\]$/g, "")))];
    this.#names = plain.filter((host) => isIP(host) === 0);
    for (const host of plain) if (isIP(host) !== 0) this.#found.set(host, [host]);
    this.#learn();
  }

  /** Whether a member has it. `learnt` is called if more addresses become known because it was asked. */
  has(address: string, learnt: () => void): boolean {
    if (this.#knows(address)) return true;
    if (!this.#isLooking && this.#names.length > 0 && this.#now() - this.#lookedAt >= lookMs)
      void this.#look(learnt);
    return false;
  }

  #knows(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#known.check(address, family === 6 ? "ipv6" : "ipv4");
  }

  async #look(learnt: () => void): Promise<void> {
    this.#isLooking = true;
    for (const name of this.#names) {
      const found = await this.#lookup(name).catch(() => undefined);
      if (found === undefined) continue;
      this.#found.set(
        name,
        found.map(({ address }) => address),
      );
    }
    this.#lookedAt = this.#now();
    this.#isLooking = false;
    this.#learn();
    learnt();
  }

  #learn(): void {
    this.#known = new BlockList();
    for (const address of [...this.#found.values()].flat())
      this.#known.addAddress(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  }
}
