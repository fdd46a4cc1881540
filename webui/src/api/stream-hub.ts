/**
 * Event streams that many tabs share. A browser opens six connections to a node over HTTP/1.1 and an
 * event stream holds one for good, so every address is opened once for all tabs. A tab that joins late
 * gets what the stream has brought since it was opened. Runs in a shared worker, or in the page itself
 * where the browser has none.
 */

export type StreamState = "connecting" | "live" | "down";

export interface Wish {
  readonly address: string;
  /** Names of the events to pass on. */
  readonly names: readonly string[];
  /** Names whose newest event is kept for late tabs however long ago it was. */
  readonly kept: readonly string[];
  /** A stream without any event for so long counts as lost; 0: it may be silent. */
  readonly quietMsMax: number;
}

export type ToHub =
  | { readonly type: "open"; readonly id: number; readonly wish: Wish }
  | { readonly type: "close"; readonly id: number }
  | { readonly type: "bye" };

/** An event: its name, its data, and the browser's wall clock when it came, ms. */
export type Told = readonly [name: string, data: string, at: number];

export type FromHub =
  | { readonly type: "welcome" }
  | { readonly type: "state"; readonly id: number; readonly state: StreamState }
  | { readonly type: "events"; readonly id: number; readonly events: readonly Told[] };

/** What the hub needs of a MessagePort. */
export interface HubPort {
  postMessage(message: FromHub): void;
  addEventListener(type: "message", listener: (event: { data: ToHub }) => void): void;
  addEventListener(type: "close", listener: () => void): void;
}

/** What the hub needs of an EventSource. */
export interface Source {
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  addEventListener(name: string, listener: (message: { data: string }) => void): void;
  close(): void;
}

type Listener = (message: { state: StreamState } | { events: readonly Told[] }) => void;

const firstRetryMs = 250;
const longestRetryMs = 1500;
const historyMax = 6000;
const historyCharactersMax = 2 * 1024 * 1024;

export class StreamHub {
  readonly #open: (address: string) => Source;
  readonly #streams = new Map<string, SharedStream>();

  constructor(open: (address: string) => Source) {
    this.#open = open;
  }

  /** Addresses that are open, for tests. */
  get addresses(): readonly string[] {
    return [...this.#streams.keys()];
  }

  join(port: HubPort): void {
    const leaves = new Map<number, () => void>();
    const leave = (id: number) => {
      leaves.get(id)?.();
      leaves.delete(id);
    };
    const leaveAll = () => {
      for (const id of [...leaves.keys()]) leave(id);
    };
    port.addEventListener("message", ({ data }) => {
      switch (data.type) {
        case "open": {
          const { id, wish } = data;
          leave(id);
          const listen: Listener = (message) =>
            port.postMessage(
              "state" in message
                ? { type: "state", id, state: message.state }
                : { type: "events", id, events: message.events },
            );
          leaves.set(id, this.#listen(wish, listen));
          return;
        }
        case "close":
          leave(data.id);
          return;
        case "bye":
          leaveAll();
          return;
      }
    });
    // A tab that crashes says nothing; browsers that know this event tell.
    port.addEventListener("close", leaveAll);
    port.postMessage({ type: "welcome" });
  }

  #listen(wish: Wish, listener: Listener): () => void {
    const { address } = wish;
    const stream = this.#streams.get(address) ?? new SharedStream(wish, this.#open);
    this.#streams.set(address, stream);
    stream.add(listener);
    return () => {
      if (stream.remove(listener) > 0) return;
      stream.close();
      this.#streams.delete(address);
    };
  }
}

/**
 * One stream that comes back by itself. A browser's own retry waits for seconds and gives up for good
 * on an error status, so this one opens a new source after a short back-off instead.
 */
class SharedStream {
  readonly #wish: Wish;
  readonly #openSource: (address: string) => Source;
  readonly #listeners = new Set<Listener>();
  #state: StreamState = "connecting";
  #source: Source | undefined;
  /** Since the source was opened, oldest first. Bounded: its oldest part is cut off. */
  #history: Told[] = [];
  #characters = 0;
  /** The newest of each kept name among those cut off. */
  readonly #cutOff = new Map<string, Told>();
  #retryMs = firstRetryMs;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #quietTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(wish: Wish, openSource: (address: string) => Source) {
    this.#wish = wish;
    this.#openSource = openSource;
    this.#open();
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
    listener({ state: this.#state });
    const events = [...this.#cutOff.values(), ...this.#history];
    if (events.length > 0) listener({ events });
  }

  /** Returns how many listeners are left. */
  remove(listener: Listener): number {
    this.#listeners.delete(listener);
    return this.#listeners.size;
  }

  close(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#quietTimer);
    this.#source?.close();
  }

  #open(): void {
    const source = this.#openSource(this.#wish.address);
    this.#source = source;
    this.#expectMore();
    source.onopen = () => {
      this.#retryMs = firstRetryMs;
      this.#history = [];
      this.#characters = 0;
      this.#cutOff.clear();
      this.#become("live");
    };
    source.onerror = () => this.#lost();
    for (const name of this.#wish.names) {
      source.addEventListener(name, ({ data }) => this.#take([name, data, Date.now()]));
    }
  }

  #take(told: Told): void {
    this.#expectMore();
    this.#history.push(told);
    this.#characters += told[1].length;
    const isFull = () =>
      this.#history.length > historyMax || this.#characters > historyCharactersMax;
    if (isFull()) this.#cut();
    for (const listener of this.#listeners) listener({ events: [told] });
  }

  /** Cuts half of it at once, so that each event costs a constant time. */
  #cut(): void {
    for (const told of this.#history.splice(0, Math.ceil(this.#history.length / 2))) {
      this.#characters -= told[1].length;
      if (this.#wish.kept.includes(told[0])) this.#cutOff.set(told[0], told);
    }
  }

  #become(state: StreamState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener({ state });
  }

  #expectMore(): void {
    clearTimeout(this.#quietTimer);
    const { quietMsMax } = this.#wish;
    if (quietMsMax > 0) this.#quietTimer = setTimeout(() => this.#lost(), quietMsMax);
  }

  #lost(): void {
    this.close();
    this.#become("down");
    this.#retryTimer = setTimeout(() => this.#open(), this.#retryMs);
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }
}
