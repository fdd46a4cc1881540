import type { NodeEvent } from "./api.ts";
import type { Cancel } from "./ports.ts";

/**
 * A page that reconnects within 2 s shows no gap, at the 100 writes a second it is told of. All of it
 * is sent to a newcomer at once, so it must stay well below what a reader may leave unread.
 */
const historyMax = 2048;
const historyBytesMax = 512 * 1024;

/** An event as JSON, made once however many are shown it. */
export const eventText = (event: NodeEvent): string => {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
};
const texts = new WeakMap<NodeEvent, string>();

/** Hands what happens to whoever listens, and remembers the recent past for those who come late. */
export class EventHub {
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  /** Oldest first; those before the first one kept are forgotten. */
  #history: { readonly event: NodeEvent; readonly bytes: number }[] = [];
  #first = 0;
  #bytes = 0;

  publish(event: NodeEvent): void {
    const bytes = Buffer.byteLength(eventText(event));
    this.#history.push({ event, bytes });
    this.#bytes += bytes;
    this.#forget();
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: (event: NodeEvent) => void): {
    readonly history: readonly NodeEvent[];
    readonly cancel: Cancel;
  } {
    this.#listeners.add(listener);
    return {
      history: this.#history.slice(this.#first).map(({ event }) => event),
      cancel: () => this.#listeners.delete(listener),
    };
  }

  #forget(): void {
    const isFull = () =>
      this.#history.length - this.#first > historyMax || this.#bytes > historyBytesMax;
    while (isFull()) {
      this.#bytes -= this.#history[this.#first]?.bytes ?? 0;
      this.#first += 1;
    }
    // Cut in halves, so that each event costs a constant time.
    if (this.#first < historyMax) return;
    this.#history = this.#history.slice(this.#first);
    this.#first = 0;
  }
}
