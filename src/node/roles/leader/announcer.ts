/** When followers learn of a commit mark that no append carries. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Instant } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";

/** A commit mark travels with the next append, or alone after this time … */
const announceMs = 2;
/** … or after this time, while writes are under way whose successors may carry it. */
const announceLateMs = 10;

/**
 * Sends the commit mark alone when no append carries it soon. Otherwise an idle cluster's followers
 * would apply the last writes only with the next heartbeat.
 */
export class CommitAnnouncer {
  readonly #parts: NodeParts;
  readonly #core: Leader;
  readonly #inbox: Inbox<LeaderEffects>;
  /** While a mark waits: the latest instant at which it goes, and whether writes were under way when that was decided. */
  #waiting:
    | { readonly lateAt: Instant; readonly isUnderWay: boolean; readonly stop: Cancel }
    | undefined;

  constructor(parts: NodeParts, core: Leader, inbox: Inbox<LeaderEffects>) {
    this.#parts = parts;
    this.#core = core;
    this.#inbox = inbox;
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
    const at = isUnderWay ? lateAt : Math.min(lateAt, now + announceMs);
    const stop = clock.after(Math.max(0, at - now), () => this.#announce());
    this.#waiting = { lateAt, isUnderWay, stop };
  }

  #announce(): void {
    this.#waiting = undefined;
    this.#inbox.takeFollowing(() => this.#core.announce());
  }
}
