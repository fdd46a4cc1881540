/** Events for `GET /events`: handed to every listener at once, and remembered for a short time. */
import type { EventListener, NodeEvent, Subscription } from "./api.ts";

/**
 * Events that are remembered. At the 100 writes a second that are reported one by one, a page that
 * reconnects within 2 s shows no gap. A new listener is sent all of them at once, so their bytes stay
 * well below what a reader may leave unread.
 */
const historyMax = 2048;
const historyBytesMax = 512 * 1024;

/** An event as JSON text, made once however many listeners are sent it. */
export const eventText = (event: NodeEvent): string => {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = JSON.stringify(event);
  texts.set(event, text);
  return text;
};
const texts = new WeakMap<NodeEvent, string>();

/** Hands events to its listeners, and remembers the recent ones for listeners that come later. */
export class EventHub {
  readonly #listeners = new Set<EventListener>();
  /** Oldest first. Those before `#first` are forgotten, and cut off from time to time. */
  #history: { readonly event: NodeEvent; readonly bytes: number }[] = [];
  #first = 0;
  #bytes = 0;

  /** Calls every listener before it returns. */
  publish(event: NodeEvent): void {
    const bytes = Buffer.byteLength(eventText(event));
    this.#history.push({ event, bytes });
    this.#bytes += bytes;
    this.#forget();
    for (const listener of this.#listeners) listener(event);
  }

  subscribe(listener: EventListener): Subscription {
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
    // Cut off many at once, so that each event costs constant time.
    if (this.#first < historyMax) return;
    this.#history = this.#history.slice(this.#first);
    this.#first = 0;
  }
}
