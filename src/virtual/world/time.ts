import type { Cancel, Clock } from "../../node/ports.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Virtual time: the next event is wherever the next timer stands. A binary heap. */
export class Time implements Clock {
  #now = 0;
  #order = 0;
  #heap: Timer[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return Math.floor(this.#now);
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order, run };
    this.#order += 1;
    this.#push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  defer(run: () => void): void {
    this.after(0, run);
  }

  /** Runs the next event; false when nothing will ever happen, or not before `until`. */
  step(until: number): boolean {
    for (let timer = this.#heap[0]; timer !== undefined; timer = this.#heap[0]) {
      if (timer.run === undefined) {
        this.#pop();
        continue;
      }
      if (timer.at > until) break;
      this.#pop();
      this.#now = timer.at;
      timer.run();
      return true;
    }
    this.#now = Math.max(this.#now, until);
    return false;
  }

  #before(left: Timer, right: Timer): boolean {
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !this.#before(timer, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const left = heap[down];
      if (left === undefined) break;
      const right = heap[down + 1];
      const child = right !== undefined && this.#before(right, left) ? right : left;
      if (child === right) down += 1;
      if (!this.#before(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
  }
}

/** The clock of one process: once it is dead, nothing of it runs any more. */
export class ProcessClock implements Clock {
  readonly #time: Time;
  /** Its milliseconds in one of the world: no two quartzes agree. */
  readonly #rate: number;
  #alive = true;
  /** Until then the process is frozen: its timers run late. */
  frozenUntil = 0;

  constructor(time: Time, rate = 1) {
    this.#time = time;
    this.#rate = rate;
  }

  now(): number {
    return this.#time.now() * this.#rate;
  }

  wall(): number {
    return this.#time.wall();
  }

  after(delayMs: number, run: () => void): Cancel {
    let cancelled = false;
    const attempt = () => {
      if (!this.#alive || cancelled) return;
      const waitMs = this.frozenUntil - this.#time.now();
      if (waitMs > 0) this.#time.after(waitMs, attempt);
      else run();
    };
    this.#time.after(delayMs / this.#rate, attempt);
    return () => {
      cancelled = true;
    };
  }

  defer(run: () => void): void {
    this.after(0, run);
  }

  kill(): void {
    this.#alive = false;
  }
}
