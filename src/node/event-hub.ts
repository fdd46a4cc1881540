import type { NodeEvent } from "./api.ts";
import type { Cancel } from "./ports.ts";

/** A page that reconnects within 2 s shows no gap, at the 100 writes a second it is told of. */
const historyMax = 2048;

/** Hands what happens to whoever listens, and remembers the recent past for those who come late. */
export class EventHub {
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  #history: NodeEvent[] = [];

  publish(event: NodeEvent): void {
    this.#history.push(event);
    // Cut in halves, so that each event costs a constant time.
    if (this.#history.length >= 2 * historyMax) this.#history = this.#history.slice(-historyMax);
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: (event: NodeEvent) => void): {
    readonly history: readonly NodeEvent[];
    readonly cancel: Cancel;
  } {
    this.#listeners.add(listener);
    return {
      history: this.#history.slice(-historyMax),
      cancel: () => this.#listeners.delete(listener),
    };
  }
}
