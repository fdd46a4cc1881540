/** Linearizable reads at a follower: the leader tells how far this node must have applied first. */
import type { Failed, Result } from "../../../errors.ts";
import type { Follower } from "../../../replication/follower/follower.ts";
import type { Instant, Sequence } from "../../../replication/types.ts";
import type { NodeParts } from "../../parts.ts";
import type { Cancel } from "../../ports.ts";
import { noLeader, recovering } from "../../refusals.ts";
import { Waiting, whenReached } from "../../waiting.ts";

/** An answer that does not come within this time is asked for again, of whoever leads then. */
const askMsMax = 50;

/** All reads that wait share a question. The next one is asked once the one under way is answered. */
export class ReadMarks {
  readonly #parts: NodeParts;
  readonly #core: Follower;
  /** Reads that wait for the answer to a question with at least this number. */
  readonly #waiting: Waiting;
  #asked = 0;
  #answered = 0;
  #mark: Sequence = 0;
  #scheduled = false;
  /** Asks again if there is no answer in time; undefined once that time is over. */
  #cancelTimer: Cancel | undefined;

  constructor(parts: NodeParts, core: Follower) {
    this.#parts = parts;
    this.#core = core;
    this.#waiting = new Waiting(parts.options.clock);
  }

  /** How many reads wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Calls `read` with the answer to a question that is asked from now on. */
  whenMarked<T>(
    until: Instant,
    read: (mark: Sequence) => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> | Failed {
    const { config, clock } = this.#parts.options;
    if (config.failover && !this.#core.following) return noLeader();
    this.#schedule();
    return whenReached(this.#waiting, this.#asked + 1, {
      timeoutMs: until - clock.now(),
      again: () => read(this.#mark),
      expired: () => recovering("no leader told in time how far a read on this node must see"),
    });
  }

  /** The leader's answer to this question, and so to those before it. */
  told(number: number, mark: Sequence): void {
    this.#answered = Math.max(this.#answered, number);
    this.#mark = mark;
    this.#waiting.reachAll(number);
    if (this.#waiting.size > 0) this.#schedule();
  }

  /** Answers the reads that wait: the node follows no more. */
  close(): void {
    this.#cancelTimer?.();
    this.#waiting.expireAll();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#parts.options.clock.defer(() => this.#ask());
  }

  #ask(): void {
    this.#scheduled = false;
    const { options, lifetime, life } = this.#parts;
    if (this.#waiting.size === 0 || lifetime.over) return;
    if (this.#answered < this.#asked && this.#cancelTimer !== undefined) return;
    this.#asked += 1;
    const { link, following, epoch, news } = this.#core;
    // A leader that tells no settings in its heartbeats is of a version that knows no such question.
    if (link !== undefined && following && news?.settings !== undefined)
      life.streams.send(link, { type: "wantMark", epoch, number: this.#asked });
    this.#cancelTimer?.();
    this.#cancelTimer = options.clock.after(askMsMax, () => {
      this.#cancelTimer = undefined;
      this.#ask();
    });
  }
}
