/** Calls that wait for an entry: each is answered once, when it is reached or at its deadline. */
import type { Failed, Result } from "../errors.ts";
import type { Sequence } from "../replication/types.ts";
import type { Cancel, Clock } from "./ports.ts";
import { overloaded } from "./refusals.ts";

/** How many calls may wait at the same time; further ones are refused. */
export const waitingMax = 65_536;

interface Waiter {
  readonly reached: () => void;
  readonly expired: () => void;
  readonly cancel: Cancel;
}

/** Calls that wait for a sequence, each until its own deadline. Each is called back once. */
export class Waiting {
  readonly #clock: Clock;
  readonly #waiters = new Map<Sequence, Set<Waiter>>();
  #size = 0;
  /** Nobody waits for less. */
  #lowest = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  /** Calls `reached`, or after `timeoutMs` `expired`; never both. */
  add(
    sequence: Sequence,
    calls: { timeoutMs: number; reached: () => void; expired: () => void },
  ): void {
    const waiter: Waiter = {
      reached: calls.reached,
      expired: calls.expired,
      cancel: this.#clock.after(Math.max(0, calls.timeoutMs), () => {
        this.#remove(sequence, waiter);
        calls.expired();
      }),
    };
    const waiters = this.#waiters.get(sequence);
    if (waiters === undefined) this.#waiters.set(sequence, new Set([waiter]));
    else waiters.add(waiter);
    this.#size += 1;
    this.#lowest = Math.min(this.#lowest, sequence);
  }

  /** This sequence was reached, whatever the lower ones are. */
  reach(sequence: Sequence): void {
    const waiters = this.#waiters.get(sequence);
    if (waiters === undefined) return;
    this.#waiters.delete(sequence);
    this.#size -= waiters.size;
    for (const { cancel, reached } of waiters) {
      cancel();
      reached();
    }
  }

  /** Every sequence up to this one was reached. */
  reachAll(through: Sequence): void {
    if (through < this.#lowest) return;
    const reached: Sequence[] = [];
    this.#lowest = Number.POSITIVE_INFINITY;
    for (const sequence of this.#waiters.keys())
      if (sequence <= through) reached.push(sequence);
      else this.#lowest = Math.min(this.#lowest, sequence);
    for (const sequence of reached) this.reach(sequence);
  }

  /** Time is up for all of them. */
  expireAll(): void {
    const waiters = [...this.#waiters.values()].flatMap((set) => [...set]);
    this.#waiters.clear();
    this.#size = 0;
    for (const { cancel, expired } of waiters) {
      cancel();
      expired();
    }
  }

  #remove(sequence: Sequence, waiter: Waiter): void {
    const waiters = this.#waiters.get(sequence);
    if (waiters?.delete(waiter) !== true) return;
    this.#size -= 1;
    if (waiters.size === 0) this.#waiters.delete(sequence);
  }
}

/**
 * Tries a read again once a sequence is reached. OVERLOADED when too many calls wait already;
 * after `timeoutMs` the answer is `expired`.
 */
export function whenReached<T>(
  waiting: Waiting,
  sequence: Sequence,
  calls: {
    timeoutMs: number;
    again: () => Result<T> | Promise<Result<T>>;
    expired: () => Failed;
  },
): Promise<Result<T>> {
  return new Promise((resolve) => {
    if (waiting.size >= waitingMax) {
      resolve(overloaded(`${waitingMax} calls already wait`));
      return;
    }
    waiting.add(sequence, {
      timeoutMs: calls.timeoutMs,
      reached: () => resolve(calls.again()),
      expired: () => resolve(calls.expired()),
    });
  });
}
