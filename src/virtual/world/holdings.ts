import type { NodeId, Sequence } from "../../replication/types.ts";
import { Violation } from "./violation.ts";

/** What one node holds and has promised. */
export interface Held {
  /** What this node made durable, on this disk or on one whose loss no leader has heard of. */
  ever: Map<Sequence, string>;
  /** What is durable on its present disk. */
  readonly present: Map<Sequence, string>;
  /** What was durable on disks of this node that were lost. */
  readonly lost: Map<Sequence, string>;
  /** The highest mark that a lost disk had applied. */
  lostThrough: Sequence;
  /** The same of a disk whose loss no leader has heard of. */
  unheardThrough: Sequence;
  applied: Sequence;
  promised: number;
  ledIn: number;
  /** It leads and asks its followers what they hold. */
  recovering: boolean;
  /** It has applied what an admitted loss took from the history. */
  isAstray: boolean;
}

const blank = (): Held => ({
  ever: new Map(),
  present: new Map(),
  lost: new Map(),
  lostThrough: 0,
  unheardThrough: 0,
  applied: 0,
  promised: 0,
  ledIn: 0,
  recovering: false,
  isAstray: false,
});

export function hold(held: Held, sequence: Sequence, content: string): void {
  held.ever.set(sequence, content);
  held.present.set(sequence, content);
}

/** What each node made durable, on its present disk and on those that it lost. */
export class Holdings {
  readonly #held = new Map<NodeId, Held>();

  of(id: NodeId): Held {
    const known = this.#held.get(id) ?? blank();
    this.#held.set(id, known);
    return known;
  }

  /** The highest mark that a present disk has applied. */
  get appliedMax(): Sequence {
    return Math.max(...[...this.#held.values()].map(({ applied }) => applied));
  }

  /** What these nodes have applied from there on is no part of the history any more. */
  goAstrayFrom(sequence: Sequence): void {
    for (const held of this.#held.values()) held.isAstray ||= held.applied >= sequence;
  }

  /** The disk was replaced by an empty one. */
  wiped(id: NodeId): void {
    const { ever, present, lost, applied, lostThrough, unheardThrough } = this.of(id);
    this.#held.set(id, {
      ...blank(),
      ever,
      lost: new Map([...lost, ...present]),
      lostThrough: Math.max(applied, lostThrough),
      unheardThrough: Math.max(applied, unheardThrough),
    });
  }

  /** A leader heard that this node is blank: acks of a disk before count for nothing from now on. */
  heardBlank(id: NodeId): void {
    const held = this.of(id);
    held.ever = new Map(held.present);
    held.unheardThrough = 0;
  }

  /** A disk of this node that held this was lost. */
  wasLost(id: NodeId, sequence: Sequence, content: string): boolean {
    const held = this.of(id);
    return sequence <= held.lostThrough || held.lost.get(sequence) === content;
  }

  /** Each of these nodes has this entry durably, as far as their leader can know. */
  mustHold(ids: readonly NodeId[], sequence: Sequence, content: string): void {
    for (const id of ids) {
      const { ever, applied, unheardThrough } = this.of(id);
      if (Math.max(applied, unheardThrough) >= sequence || ever.get(sequence) === content) continue;
      throw new Violation(`${id} is named as a holder of entry ${sequence}, but does not have it`);
    }
  }
}
