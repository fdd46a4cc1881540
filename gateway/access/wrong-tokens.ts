/**
 * Counts wrong tokens by the address that they come from. Guessing a token is hopeless in any case; this tells a
 * client with a wrong one to stop, and keeps it out of the log. A right token is never refused for it, so that
 * one client cannot lock out others behind the same address.
 */
import { clientOf } from "../../src/intake/client-of.ts";

/**
 * Wrong tokens of one address in one minute that are answered one by one.
 * @public Tests send one more.
 */
export const wrongTokensMax = 20;
const windowMs = 60_000;
/** Addresses that are counted at a time; beyond that the oldest count is given up. */
const addressesMax = 10_000;

/** The counts of one node. */
export class WrongTokens {
  readonly #now: () => number;
  /** By address, the oldest window first. */
  readonly #counts = new Map<string, { readonly since: number; count: number }>();

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one more. Returns the seconds until the address may try again; 0: at once. */
  note(address: string): number {
    const client = clientOf(address);
    const now = this.#now();
    const known = this.#counts.get(client);
    if (known === undefined || now - known.since >= windowMs) {
      this.#counts.delete(client);
      this.#makeRoom();
      this.#counts.set(client, { since: now, count: 1 });
      return 0;
    }
    known.count += 1;
    return known.count <= wrongTokensMax ? 0 : Math.ceil((known.since + windowMs - now) / 1000);
  }

  get size(): number {
    return this.#counts.size;
  }

  #makeRoom(): void {
    if (this.#counts.size < addressesMax) return;
    const [oldest] = this.#counts.keys();
    if (oldest !== undefined) this.#counts.delete(oldest);
  }
}
