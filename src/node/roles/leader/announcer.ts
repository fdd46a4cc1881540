/** When followers learn of a commit mark that no append carries. */
import type { Leader } from "../../../replication/leader/leader.ts";
import type { Instant } from "../../../replication/types.ts";
import type { Cancel, Clock } from "../../ports.ts";

/** A commit mark travels with the next append, or alone after this time … */
const announceMs = 2;
/** … or after this time, while writes wait to be proposed, or are under way whose successors may carry it. */
const announceLateMs = 20;

/** A mark that waits. */
interface Waiting {
  /** The latest instant at which it goes. */
  readonly lateAt: Instant;
  /** Whether writes were under way when it was decided how long it waits. */
  readonly isUnderWay: boolean;
  readonly stop: Cancel;
}

/** The leader whose marks they are. */
interface Owner {
  readonly core: Pick<Leader, "isMarkUntold" | "committed" | "last">;
  /** Writes wait that are about to be proposed. */
  readonly isFollowed: () => boolean;
  /** Sends the mark alone. */
  readonly announce: () => void;
}

/**
 * Sends the commit mark alone when no append carries it soon. Otherwise an idle cluster's followers
 * would apply the last writes only with the next heartbeat.
 */
export class CommitAnnouncer {
  readonly #clock: Clock;
  readonly #owner: Owner;
  #waiting: Waiting | undefined;

  constructor(clock: Clock, owner: Owner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Called after each round of effects: any of them may have moved the commit mark, or carried it. */
  schedule(): void {
    const { core } = this.#owner;
    if (!core.isMarkUntold) {
      this.#waiting?.stop();
      this.#waiting = undefined;
      return;
    }
    const isUnderWay = core.committed < core.last;
    if (this.#waiting?.isUnderWay === isUnderWay) return;
    const now = this.#clock.now();
    const lateAt = this.#waiting?.lateAt ?? now + announceLateMs;
    this.#waiting?.stop();
    const ms = isUnderWay ? announceLateMs : announceMs;
    this.#wait({ lateAt, isUnderWay }, Math.min(lateAt - now, ms));
  }

  #wait(mark: Omit<Waiting, "stop">, ms: number): void {
    const stop = this.#clock.after(Math.max(0, ms), () => {
      // The turn that answered the writes may have taken as long: whoever wrote again meanwhile is heard first.
      this.#clock.defer(() => {
        if (this.#waiting === waiting) this.#due(waiting);
      });
    });
    const waiting: Waiting = { ...mark, stop };
    this.#waiting = waiting;
  }

  #due({ lateAt, isUnderWay }: Waiting): void {
    const leftMs = lateAt - this.#clock.now();
    if (leftMs > 0 && this.#owner.isFollowed()) {
      this.#wait({ lateAt, isUnderWay }, leftMs);
      return;
    }
    this.#waiting = undefined;
    this.#owner.announce();
  }
}
