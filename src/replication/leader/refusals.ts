/** What a leader makes of refusals: some depose it, some only show that a node takes no part. */
import { clashReason, describeMark } from "../cluster-id.ts";
import type { ClusterMark, FollowerMessage, HardState } from "../types.ts";
import type { Deposed } from "./leader-effects.ts";
import type { LeaderState } from "./leader-state.ts";
import type { Leading } from "./leading.ts";
import type { Peer } from "./peer.ts";
import type { Takeover } from "./takeover.ts";

type RefusalMessage = Extract<FollowerMessage, { type: "refusal" }>;

export class Refusals {
  readonly #state: LeaderState;
  readonly #leading: Leading;
  readonly #takeover: Takeover;

  constructor(rules: { state: LeaderState; leading: Leading; takeover: Takeover }) {
    this.#state = rules.state;
    this.#leading = rules.leading;
    this.#takeover = rules.takeover;
  }

  received(peer: Peer, message: RefusalMessage): void {
    const { promisedEpoch, promisedLeader, reason, cluster } = message;
    const { epoch, identity, start, out } = this.#state;
    const isForeign = promisedLeader !== start.id;
    if (identity.clashes(cluster)) this.stranger(peer, cluster);
    else if (promisedEpoch < epoch) this.#note(peer, reason);
    else if (!this.#takeover.believes(promisedEpoch))
      this.#note(peer, `it names an epoch that is not believed: ${reason}`);
    else if (promisedEpoch === epoch && !isForeign) out.close(peer.id, `it refused: ${reason}`);
    else if (this.#leading.floor === undefined && start.election === undefined)
      this.#takeover.leap(promisedEpoch);
    else if (!identity.heeds(cluster))
      this.#note(peer, `${reason}; it belongs to ${describeMark(cluster)}`);
    else {
      // This node's own promise of a higher epoch, of which its disk knows nothing.
      const deposed: Deposed = isForeign
        ? { reason: "higherEpoch", by: promisedLeader, epoch: promisedEpoch }
        : { reason: "diskWentBack" };
      this.stepDown({ promisedEpoch, promisedLeader }, deposed);
    }
  }

  /** A node of another cluster: whatever it says counts for nothing. */
  stranger(peer: Peer, mark: ClusterMark | undefined): void {
    const { start, identity } = this.#state;
    const own = { id: start.id, mark: identity.mark };
    this.#note(peer, clashReason(own, { id: peer.id, mark }), true);
  }

  /** It takes no part and deposes nobody: its settings name another leader, for example. */
  #note(peer: Peer, reason: string, isStranger = false): void {
    if (peer.refusal === reason) return;
    peer.refusal = reason;
    this.#state.out.tell({ type: "refused", by: peer.id, reason, isStranger });
  }

  /** This process leads no more; the next one of this node must ask the followers first. */
  stepDown(change: Partial<HardState>, deposed: Deposed): void {
    this.#state.persist(change, { type: "hardState" });
    this.#state.out.depose(deposed);
  }
}
