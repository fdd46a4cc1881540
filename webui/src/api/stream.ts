/**
 * One server-sent event stream that comes back by itself. A browser's own retry waits for seconds
 * and gives up for good on an error status, so this one opens a new EventSource with a short
 * back-off instead; the replayed history is de-duplicated by whoever listens.
 */
import type { Hello, NodeEvent } from "./wire.ts";

export type StreamState = "connecting" | "live" | "down";

export interface StreamEvents {
  hello(hello: Hello): void;
  event(event: NodeEvent): void;
  state(state: StreamState): void;
}

const eventTypes = [
  "write",
  "ack",
  "settled",
  "unknown",
  "cluster",
  "config",
  "member",
  "rate",
] as const satisfies readonly NodeEvent["type"][];

const firstRetryMs = 250;
const longestRetryMs = 1500;

export class EventStream {
  readonly #address: string;
  readonly #events: StreamEvents;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows from try to try; back to the first one at each hello. */
  #retryMs = firstRetryMs;
  #closed = false;

  constructor(address: string, events: StreamEvents) {
    this.#address = address;
    this.#events = events;
    this.#events.state("connecting");
    this.#open();
  }

  #open(): void {
    const source = new EventSource(this.#address);
    this.#source = source;
    source.addEventListener("hello", (message) => {
      this.#retryMs = firstRetryMs;
      this.#events.hello(JSON.parse(message.data) as Hello);
      this.#events.state("live");
    });
    for (const type of eventTypes) {
      source.addEventListener(type, (message) => {
        this.#events.event(JSON.parse(message.data) as NodeEvent);
      });
    }
    source.onerror = () => this.#retry();
  }

  #retry(): void {
    this.#source?.close();
    if (this.#closed) return;
    this.#events.state("down");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}
