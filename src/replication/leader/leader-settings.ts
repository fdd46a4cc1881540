/** Settings that change at run time: what the leader goes by, and which followers have heard of it. */
import type { Instant, NodeId } from "../types.ts";
import type { LeaderState } from "./leader-state.ts";
import type { Leading } from "./leading.ts";
import type { Takeover } from "./takeover.ts";

export class LeaderSettings {
  readonly #state: LeaderState;
  readonly #leading: Leading;
  readonly #takeover: Takeover;

  constructor(rules: { state: LeaderState; leading: Leading; takeover: Takeover }) {
    this.#state = rules.state;
    this.#leading = rules.leading;
    this.#takeover = rules.takeover;
  }

  setWriteQuorum(quorum: number, now: Instant): void {
    const state = this.#state;
    state.writeQuorum = quorum;
    const { floor } = this.#leading;
    if (floor === undefined) {
      this.#takeover.confirm(now);
      return;
    }
    const at = { quorum, sequence: state.last, now, usual: quorum };
    const { number: floorNumber, spread } = floor.propose(at);
    if (spread !== undefined) this.#leading.spread(spread);
    state.writes.quorumLowered({ quorum, floorNumber }, now);
    this.#leading.reconsiderFloor();
  }

  /** The number of the last heartbeat. */
  get told(): number {
    return this.#leading.heartbeats;
  }

  /** So many followers must hold a change: with the leader they meet every phase 1. */
  get needed(): number {
    return this.#leading.rounds?.needed ?? Number.POSITIVE_INFINITY;
  }

  /** The highest heartbeat that enough followers have answered: they hold the settings that it carried. */
  get heard(): number {
    const { needed } = this;
    if (needed === 0) return Number.POSITIVE_INFINITY;
    const heartbeats = this.#state.members.led.map(({ heartbeat }) => heartbeat);
    return heartbeats.sort((a, b) => b - a)[needed - 1] ?? 0;
  }

  /** Which followers have answered this heartbeat or a later one. */
  heardBy(heartbeat: number): readonly NodeId[] {
    const { led } = this.#state.members;
    return led.filter((peer) => peer.heartbeat >= heartbeat).map(({ id }) => id);
  }
}
