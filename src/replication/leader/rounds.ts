/** Confirming rounds: followers show that they have promised no higher epoch since a round was asked. */

import type { Instant } from "../types.ts";
import type { Membership } from "./membership.ts";
import type { Peer } from "./peer.ts";

/** Followers that take part: those that promised this epoch and whose streams are open. */
const takesPart = ({ link }: Peer): boolean => link.state !== "down" && link.state !== "preparing";

/** So many rounds are remembered; one is confirmed or given up long before. */
const roundsMax = 64;

export class Rounds {
  readonly #members: Membership;
  /** So many followers confirm a round: with the leader a majority, which meets every phase 1. */
  readonly needed: number;
  #asked = 0;
  #askedAt: Instant = Number.NEGATIVE_INFINITY;
  /** The last rounds, the oldest first; the first one may be confirmed, the others not yet when last looked at. */
  readonly #rounds: { readonly number: number; readonly at: Instant }[] = [];

  constructor(members: Membership) {
    this.#members = members;
    this.needed = Math.floor((members.size + 1) / 2);
  }

  /** The number of the last round; 0: there was none. */
  get asked(): number {
    return this.#asked;
  }

  get askedAt(): Instant {
    return this.#askedAt;
  }

  /** The highest round that enough followers have confirmed; those that are not led yet do not count. */
  get confirmed(): number {
    if (this.needed === 0) return Number.POSITIVE_INFINITY;
    const rounds = this.#members.led.map(({ confirmed }) => confirmed).sort((a, b) => b - a);
    return rounds[this.needed - 1] ?? 0;
  }

  /** When the highest confirmed round began: this node led then. Undefined: none is. */
  get ledAt(): Instant | undefined {
    if (this.needed === 0) return Number.POSITIVE_INFINITY;
    const { confirmed } = this;
    while ((this.#rounds[1]?.number ?? Number.POSITIVE_INFINITY) <= confirmed) this.#rounds.shift();
    const [first] = this.#rounds;
    return first !== undefined && first.number <= confirmed ? first.at : undefined;
  }

  /** When that round began; undefined: too long ago. */
  askedAtOf(number: number): Instant | undefined {
    return this.#rounds.find((round) => round.number === number)?.at;
  }

  /** Begins a round; whom to ask. */
  ask(now: Instant): readonly Peer[] {
    this.#asked += 1;
    this.#askedAt = now;
    this.#rounds.push({ number: this.#asked, at: now });
    if (this.#rounds.length > roundsMax) this.#rounds.shift();
    return this.#members.all.filter(takesPart);
  }

  /** Whether all followers but this one have confirmed this round or a later one. */
  allButConfirmed(peer: Peer, round: number): boolean {
    return this.#members.all.every((each) => each === peer || each.confirmed >= round);
  }
}
