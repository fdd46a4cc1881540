/** When followers learn of a commit mark that no append carries. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Instant } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";

/** A commit mark travels with the next append, or alone after this time … */
const announceMs = 2;
/** … or after this time, while writes wait to be proposed, or are under way whose successors may carry it. */
const announceLateMs = 20;

interface Waiting {
  readonly lateAt: Instant;
  readonly isUnderWay: boolean;
  readonly stop: Cancel;
}

/**
 * Sends the commit mark alone when no append carries it soon. Otherwise an idle cluster's followers
 * would apply the last writes only with the next heartbeat.
 */
export class CommitAnnouncer {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  /** Whether writes wait to be proposed. */
  readonly #isFollowed: () => boolean;
  /** While a mark waits: the latest instant at which it goes, and whether writes were under way when that was decided. */
  #waiting: Waiting | undefined;

  constructor(owner: {
    parts: NodeParts;
    core: Leader;
    inbox: Inbox<LeaderEffects>;
    isFollowed: () => boolean;
  }) {
    this.#parts = owner.parts;
    this.#core = owner.core;
    this.#inbox = owner.inbox;
    this.#isFollowed = owner.isFollowed;
  }

  /** Called after each round of effects: any of them may have moved the commit mark, or carried it. */
  schedule(): void {
    if (!this.#core.isMarkUntold) {
      this.#waiting?.stop();
      this.#waiting = undefined;
      return;
    }
    const isUnderWay = this.#core.committed < this.#core.last;
    if (this.#waiting?.isUnderWay === isUnderWay) return;
    const { clock } = this.#parts.options;
    const now = clock.now();
    const lateAt = this.#waiting?.lateAt ?? now + announceLateMs;
    this.#waiting?.stop();
    if (isUnderWay) this.#wait({ lateAt, isUnderWay }, lateAt - now);
    else this.#wait({ lateAt, isUnderWay }, Math.min(lateAt - now, announceMs));
  }

  #wait(mark: Omit<Waiting, "stop">, ms: number): void {
    const { clock } = this.#parts.options;
    const stop = clock.after(Math.max(0, ms), () => {
      // The turn that answered the writes may have taken as long: whoever wrote again meanwhile is heard first.
      clock.defer(() => {
        if (this.#waiting === waiting) this.#due(waiting);
      });
    });
    const waiting: Waiting = { ...mark, stop };
    this.#waiting = waiting;
  }

  #due({ lateAt, isUnderWay }: Waiting): void {
    const leftMs = lateAt - this.#parts.options.clock.now();
    if (leftMs > 0 && this.#isFollowed()) {
      this.#wait({ lateAt, isUnderWay }, leftMs);
      return;
    }
    this.#waiting = undefined;
    this.#inbox.takeFollowing(() => this.#core.announce());
  }
}
