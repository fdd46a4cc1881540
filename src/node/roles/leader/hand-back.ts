/** The leader of choice gets its place back once it is there, holds everything, and has been steady. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Instant } from "../../../replication/types.ts";
import type { NodeParts } from "../../parts.ts";
import type { Handover } from "./handover.ts";

/** After this time it counts as steady; twice as long as last time if it fell again soon, up to the maximum. */
const steadyMs = 10_000;
const steadyMsMax = 600_000;
/** It has led well if it was not lost again within so many times the wait before. */
const soon = 10;
/** It may miss so many entries that are on their way. */
const missingMax = 256;

export class HandBack {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #handover: Handover;
  #steadySince: Instant | undefined;

  constructor(owner: { parts: NodeParts; core: Leader; handover: Handover }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#handover = owner.handover;
  }

  /** Called now and then. */
  tick(now: Instant): void {
    const { leader: choice, nodeId } = this.#parts.options.config;
    if (choice === nodeId || !this.#isThere()) {
      this.#steadySince = undefined;
      return;
    }
    this.#steadySince ??= now;
    const afterMs = this.#afterMs(this.#steadySince);
    if (now - this.#steadySince < afterMs || this.#handover.isUnderWay) return;
    this.#steadySince = undefined;
    this.#parts.life.elections.handedBack = { at: now, afterMs };
    this.#handover.begin(choice, () => {});
  }

  /** A node that falls again soon after must not bounce the cluster. */
  #afterMs(since: Instant): number {
    const last = this.#parts.life.elections.handedBack;
    const isSoon = last !== undefined && since - last.at < soon * last.afterMs;
    return isSoon ? Math.min(steadyMsMax, 2 * last.afterMs) : steadyMs;
  }

  #isThere(): boolean {
    const { peers, last, notReady } = this.#core;
    const peer = peers.find(({ id }) => id === this.#parts.options.config.leader);
    if (notReady !== undefined || peer?.state !== "live") return false;
    return peer.link.state === "streaming" && peer.link.delivered.contiguous >= last - missingMax;
  }
}
