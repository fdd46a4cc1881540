import type { Cancel, Clock } from "../../src/node/ports.ts";

/** A clock that moves only when told to. Deferred work runs before time moves on. */
export class VirtualClock implements Clock {
  #now = 0;
  #arrivals = 0;
  readonly #timers: { at: number; arrival: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Cancel {
    const timer = { at: this.#now + delayMs, arrival: this.#arrivals++, run };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  defer(run: () => void): void {
    this.after(0, run);
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Runs everything that falls due within that many milliseconds, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#takeNext(end); next !== undefined; next = this.#takeNext(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  #takeNext(end: number) {
    this.#timers.sort((a, b) => a.at - b.at || a.arrival - b.arrival);
    return (this.#timers[0]?.at ?? Number.POSITIVE_INFINITY) <= end
      ? this.#timers.shift()
      : undefined;
  }
}
