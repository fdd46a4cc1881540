import { invariant } from "../invariant.ts";
import type { Limits } from "../limits.ts";
import type { Instant, Member, NodeId, Sequence } from "../types.ts";
import type { LeaderNews } from "./leader-effects.ts";
import { Peer } from "./peer.ts";

/** The followers of one leader: who is live, and what the world was told about it. */
export class Membership {
  readonly #limits: Limits;
  readonly #peers: ReadonlyMap<NodeId, Peer>;
  #tickedAt: Instant | undefined;

  constructor(followers: readonly NodeId[], limits: Limits) {
    this.#limits = limits;
    this.#peers = new Map(followers.map((id) => [id, new Peer(id)]));
  }

  get size(): number {
    return this.#peers.size;
  }

  get all(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  get streaming(): readonly Peer[] {
    return this.all.filter(({ link }) => link.state === "streaming");
  }

  /** Followers that this leader sends entries or a snapshot to. */
  get led(): readonly Peer[] {
    return this.all.filter(({ link }) => link.state === "streaming" || link.state === "snapshot");
  }

  get live(): readonly NodeId[] {
    return this.all.filter(({ state }) => state === "live").map(({ id }) => id);
  }

  /** Of each streaming follower how far it has acked without a hole. */
  get contiguous(): readonly Sequence[] {
    return this.all.flatMap(({ link }) =>
      link.state === "streaming" ? [link.delivered.contiguous] : [],
    );
  }

  /**
   * The lowest sequence that a follower at work will be sent next. Without it, one that takes a snapshot
   * would find the log trimmed beyond it, and need another one. Infinity: there is none.
   */
  get neededFrom(): Sequence {
    const needs = this.all.map(({ link, state }) => {
      if (state === "unreachable") return Number.POSITIVE_INFINITY;
      if (link.state === "snapshot") return link.copy.applied + 1;
      return link.state === "streaming" ? link.next : Number.POSITIVE_INFINITY;
    });
    return Math.min(...needs);
  }

  peer(id: NodeId): Peer {
    const peer = this.#peers.get(id);
    invariant(peer !== undefined, `only followers take part; ${id} is none`);
    return peer;
  }

  /** Everybody's gateway; of those not heard of yet, what was known before. */
  gateways(before: readonly Member[]): readonly Member[] {
    return this.all.flatMap(({ id, member }) =>
      member === undefined ? before.filter((known) => known.id === id) : [member],
    );
  }

  heard(peer: Peer, now: Instant): void {
    peer.lastHeardAt = now;
    peer.silent = false;
  }

  /** Who has been silent too long? If this process itself stood still, silence proves nothing. */
  tick(now: Instant): void {
    const pauseMs = now - (this.#tickedAt ?? now);
    this.#tickedAt = now;
    const paused = pauseMs > this.#limits.silenceMsMax / 2;
    for (const peer of this.all) {
      if (peer.lastHeardAt === undefined || (paused && !peer.silent)) peer.lastHeardAt = now;
      peer.silent = now - peer.lastHeardAt > this.#limits.silenceMsMax;
    }
  }

  /** News of states that changed since the last report, and of a process that is a new one. */
  report(restarted?: Peer): readonly LeaderNews[] {
    return this.all.flatMap((peer): readonly LeaderNews[] => {
      const { id, state } = peer;
      if (peer.reported === state && peer !== restarted) return [];
      peer.reported = state;
      return [{ type: "member", id, state, restarted: peer === restarted }];
    });
  }
}
