/** When followers learn of a commit mark that no append carries. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { LeaderEffects } from "../../../replication/leader/leader-effects.ts";
import type { Instant, Sequence } from "../../../replication/types.ts";
import type { Inbox } from "../../inbox.ts";
import type { NodeParts } from "../../parts.ts";

/** A commit mark travels with the next append, or alone once it has stood still for this time … */
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
  #scheduled = false;
  /** The mark as last seen, and since when. */
  #committed: Sequence = 0;
  #since: Instant = 0;

  constructor(parts: NodeParts, core: Leader, inbox: Inbox<LeaderEffects>) {
    this.#parts = parts;
    this.#core = core;
    this.#inbox = inbox;
  }

  /** Called after each round of effects: any of them may have moved the commit mark. */
  schedule(): void {
    const { clock } = this.#parts.options;
    const { committed } = this.#core;
    if (committed !== this.#committed) {
      this.#committed = committed;
      this.#since = clock.now();
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    const lateAt = clock.now() + announceLateMs;
    clock.after(announceMs, () => this.#announceBy(lateAt));
  }

  #announceBy(lateAt: Instant): void {
    const { options, lifetime } = this.#parts;
    const { clock } = options;
    const now = clock.now();
    // Whoever was answered just now may write again at once, and that append carries it.
    const isNew = now < this.#since + announceMs;
    const isUnderWay = this.#core.committed < this.#core.last;
    if ((isNew || isUnderWay) && now < lateAt && !lifetime.over) {
      clock.after(announceMs, () => this.#announceBy(lateAt));
      return;
    }
    this.#scheduled = false;
    this.#inbox.takeFollowing(() => this.#core.announce());
  }
}
