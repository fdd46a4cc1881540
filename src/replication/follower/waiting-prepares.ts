/** Candidates that are answered once what this node lent has ended. */
import type { Instant, NodeId } from "../types.ts";
import type { LinkNumber } from "./follower-effects.ts";
import type { Told } from "./told.ts";

type Prepare = Told<"prepare">;

/** At most one question of each stream. */
export class WaitingPrepares {
  readonly #waiting = new Map<LinkNumber, Prepare>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get links(): readonly LinkNumber[] {
    return [...this.#waiting.keys()];
  }

  /** When the first of them may be promised; undefined: there is none. */
  dueAt(freeAt: (candidate: NodeId) => Instant): Instant | undefined {
    if (this.isEmpty) return undefined;
    return Math.min(...[...this.#waiting.values()].map(({ leader }) => freeAt(leader)));
  }

  add(link: LinkNumber, message: Prepare): void {
    this.#waiting.set(link, message);
  }

  delete(link: LinkNumber): void {
    this.#waiting.delete(link);
  }

  /** All of them, the highest epoch first: the others are then refused. */
  take(): readonly (readonly [LinkNumber, Prepare])[] {
    const all = [...this.#waiting].sort(([, a], [, b]) => b.epoch - a.epoch);
    this.#waiting.clear();
    return all;
  }
}
