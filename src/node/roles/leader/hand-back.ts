/** The leader of choice gets its place back once it is there, holds everything, and has been steady. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Instant } from "../../../replication/types.ts";
import type { NodeParts } from "../../parts.ts";
import type { Handover } from "./handover.ts";

/** The time after which it counts as steady doubles with each attempt, up to this. */
const steadyMsMax = 600_000;
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
    const { life } = this.#parts;
    if (now - this.#steadySince < life.handBackAfterMs || this.#handover.isUnderWay) return;
    this.#steadySince = undefined;
    // A node that falls again soon after must not bounce the cluster.
    life.handBackAfterMs = Math.min(steadyMsMax, 2 * life.handBackAfterMs);
    this.#handover.begin(choice, () => {});
  }

  #isThere(): boolean {
    const { peers, last, notReady } = this.#core;
    const peer = peers.find(({ id }) => id === this.#parts.options.config.leader);
    if (notReady !== undefined || peer?.state !== "live") return false;
    return peer.link.state === "streaming" && peer.link.delivered.contiguous >= last - missingMax;
  }
}
