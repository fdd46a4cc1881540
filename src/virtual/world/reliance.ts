import type { Instant, NodeId } from "../../replication/types.ts";

/** On how few acks an entry may rest, and whether it may rest on a floor that too few knew. */
export interface Rest {
  readonly quorum: number;
  readonly degraded: boolean;
}

/**
 * Which quorums writers asked for, which were usual, and when a floor was lowered while too few were
 * live. So an entry that a reader saw counts although its writer was never answered.
 */
export class Reliance {
  readonly #now: () => Instant;
  /** By what they write: the lowest quorum asked for, and when that was asked first. */
  readonly #asked = new Map<string, { quorum: number; at: Instant }>();
  /** The write quorums that leaders went by, each from an instant on. */
  readonly #usual: { at: Instant; quorum: number }[] = [];
  readonly #degraded = new Set<NodeId>();
  /** With elections a new leader may go by a quorum from before the last change. */
  forgetsUsual = true;
  /** When a leader last ended with a floor that too few knew. */
  #degradedAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** A leader goes by this write quorum from now on. */
  usual(quorum: number): void {
    this.#usual.push({ at: this.#now(), quorum });
  }

  /** A write goes out. Undefined: it leaves its quorum to the settings. */
  asked(content: string, quorum: number | undefined): void {
    const known = this.#asked.get(content);
    this.#asked.set(content, {
      quorum: Math.min(quorum ?? Number.POSITIVE_INFINITY, known?.quorum ?? Infinity),
      at: known?.at ?? this.#now(),
    });
  }

  /** A leader lowered its floor although too few knew of it. */
  degraded(leader: NodeId): void {
    this.#degraded.add(leader);
  }

  /** Enough know of it now. */
  restored(leader: NodeId): void {
    this.#degraded.delete(leader);
    this.#degradedAt = Number.NEGATIVE_INFINITY;
  }

  ended(leader: NodeId): void {
    if (this.#degraded.delete(leader)) this.#degradedAt = this.#now();
  }

  get isDegraded(): boolean {
    return this.#degraded.size > 0;
  }

  /** What an entry may rest on that was first seen to be settled now. */
  least(content: string): Rest {
    const { quorum = Number.POSITIVE_INFINITY, at = 0 } = this.#asked.get(content) ?? {};
    const before = this.forgetsUsual ? this.#usual.findLastIndex((usual) => usual.at <= at) : 0;
    const since = this.#usual.slice(Math.max(0, before)).map((usual) => usual.quorum);
    return {
      quorum: Math.min(quorum, ...since),
      degraded: this.#degraded.size > 0 || this.#degradedAt >= at,
    };
  }
}
