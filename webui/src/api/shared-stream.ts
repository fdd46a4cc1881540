/**
 * One event stream with any number of listeners, which reconnects by itself and remembers what came.
 * A browser's own retry waits for seconds and gives up for good on an error status, so this one opens
 * a new source after a short pause instead.
 */

export type StreamState = "connecting" | "live" | "down";

export interface StreamRequest {
  readonly address: string;
  /** Names of the events to pass on. */
  readonly names: readonly string[];
  /** Names whose newest event is kept for late listeners however old it is. */
  readonly kept: readonly string[];
  /** A stream without any event for so long counts as lost; 0: it may be silent. */
  readonly quietMsMax: number;
}

/** An event: its name, its data, and this browser's wall clock when it came, ms. */
export type StreamEvent = readonly [name: string, data: string, at: number];

export type StreamMessage =
  | { readonly type: "state"; readonly state: StreamState }
  | { readonly type: "events"; readonly events: readonly StreamEvent[] };

export type StreamListener = (message: StreamMessage) => void;

/** The part of `EventSource` that a stream needs. */
export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  addEventListener(name: string, listener: (message: { data: string }) => void): void;
  close(): void;
}

const firstRetryMs = 250;
const longestRetryMs = 1500;
const historyMax = 6000;
const historyCharactersMax = 2 * 1024 * 1024;

/** It is open from its construction until `close`. */
export class SharedStream {
  readonly #request: StreamRequest;
  readonly #openSource: (address: string) => Source;
  readonly #listeners = new Set<StreamListener>();
  #state: StreamState = "connecting";
  #source: Source | undefined;
  /** Since the source was opened, oldest first. Bounded: its older half is cut off when it is full. */
  #history: StreamEvent[] = [];
  /** Characters of data in `#history`. */
  #characters = 0;
  /** The newest event of each kept name among those cut off. */
  readonly #cutOff = new Map<string, StreamEvent>();
  #retryMs = firstRetryMs;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(request: StreamRequest, openSource: (address: string) => Source) {
    this.#request = request;
    this.#openSource = openSource;
    this.#open();
  }

  /** The listener gets the state and the history at once, before this method returns. */
  add(listener: StreamListener): void {
    this.#listeners.add(listener);
    listener({ type: "state", state: this.#state });
    const events = [...this.#cutOff.values(), ...this.#history];
    if (events.length > 0) listener({ type: "events", events });
  }

  /** Returns how many listeners are left. */
  remove(listener: StreamListener): number {
    this.#listeners.delete(listener);
    return this.#listeners.size;
  }

  close(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#quietTimer);
    this.#source?.close();
  }

  #open(): void {
    const source = this.#openSource(this.#request.address);
    this.#source = source;
    this.#expectMore();
    source.onopen = () => {
      // The server replays its history on a new connection, so what was kept of the old one goes.
      this.#retryMs = firstRetryMs;
      this.#history = [];
      this.#characters = 0;
      this.#cutOff.clear();
      this.#become("live");
    };
    source.onerror = () => this.#lost();
    for (const name of this.#request.names) {
      source.addEventListener(name, ({ data }) => this.#take([name, data, Date.now()]));
    }
  }

  #take(event: StreamEvent): void {
    this.#expectMore();
    this.#history.push(event);
    this.#characters += event[1].length;
    const isFull = this.#history.length > historyMax || this.#characters > historyCharactersMax;
    if (isFull) this.#cut();
    for (const listener of this.#listeners) listener({ type: "events", events: [event] });
  }

  /** Cuts off half at once, so that an event costs a constant time on average. */
  #cut(): void {
    for (const event of this.#history.splice(0, Math.ceil(this.#history.length / 2))) {
      this.#characters -= event[1].length;
      if (this.#request.kept.includes(event[0])) this.#cutOff.set(event[0], event);
    }
  }

  #become(state: StreamState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener({ type: "state", state });
  }

  #expectMore(): void {
    clearTimeout(this.#quietTimer);
    const { quietMsMax } = this.#request;
    if (quietMsMax > 0) this.#quietTimer = setTimeout(() => this.#lost(), quietMsMax);
  }

  #lost(): void {
    this.close();
    this.#become("down");
    this.#retryTimer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }
}
