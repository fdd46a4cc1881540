/**
 * Blank followers of an elected leader. A blank node's lost disk may have promised a higher epoch to another
 * candidate, which counts on that promise still. Until no such candidate can exist, nothing is sent to the
 * blank node, so that it acks nothing. DESIGN.md, "Electing", rule 6.
 */

import type { Instant, NodeId } from "../types.ts";
import type { PromiseMessage } from "./leader-state.ts";
import type { Peer } from "./peer.ts";
import type { Rounds } from "./rounds.ts";

interface Held {
  readonly promise: PromiseMessage;
  /** All others must confirm this round: they had promised no higher epoch after this node came. */
  readonly round: number;
  readonly since: Instant;
}

export class BlankFollowers {
  readonly #held = new Map<Peer, Held>();

  /** The blank follower has just promised this epoch. */
  hold(peer: Peer, promise: PromiseMessage, at: { round: number; now: Instant }): void {
    this.#held.set(peer, { promise, round: at.round, since: at.now });
  }

  /** Those that may be led now. */
  release(rounds: Rounds): readonly { peer: Peer; promise: PromiseMessage }[] {
    const released: { peer: Peer; promise: PromiseMessage }[] = [];
    for (const [peer, { promise, round }] of this.#held) {
      const isGone = peer.link.state !== "promised" || peer.incarnation !== promise.incarnation;
      if (!isGone && !rounds.allButConfirmed(peer, round)) continue;
      this.#held.delete(peer);
      if (!isGone) released.push({ peer, promise });
    }
    return released;
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** Others do not answer: what some have waited for, for so long, may never come. */
  overdue(now: Instant, patienceMs: number): ReadonlyMap<NodeId, string> | undefined {
    const held = [...this.#held].filter(([{ link }]) => link.state === "promised");
    if (!held.some(([, { since }]) => now - since > patienceMs)) return undefined;
    return new Map(held.map(([{ id }, { promise }]) => [id, promise.incarnation]));
  }
}
