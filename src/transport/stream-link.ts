import type { Link, LinkEvents } from "../node/ports.ts";
import { Outbox, type OutboxLimits } from "./outbox.ts";

/** The little of a gRPC call that a link needs; both sides' calls can offer it. */
export interface Stream {
  write(bytes: Buffer, written: () => void): void;
  /** Ends this direction in order, after what was written; absent: closing is aborting. */
  readonly end?: () => void;
  /** Ends the call as soon as the library can. */
  abort(reason: string): void;
}

/** What a link that closes may still take to send what it was given, in milliseconds. */
const farewellMs = 1000;

/**
 * A link over one gRPC call, on either side. Invariants: `closed` is called exactly once, never
 * from inside `send` or `close`; nothing is received after the link was closed by whomever.
 */
export class StreamLink<In, Out> implements Link<Out> {
  readonly #stream: Stream;
  readonly #encode: (message: Out) => Buffer;
  readonly #outbox: Outbox;
  #events: LinkEvents<In> | undefined;
  #state: "open" | "closing" | "over" = "open";
  #farewell: NodeJS.Timeout | undefined;

  constructor(stream: Stream, encode: (message: Out) => Buffer, limits?: OutboxLimits) {
    this.#stream = stream;
    this.#encode = encode;
    this.#outbox = new Outbox((bytes, written) => stream.write(bytes, written), limits);
  }

  /** Tells the link whom to report to; called once, right after it was handed out. */
  report(events: LinkEvents<In>): void {
    this.#events = events;
  }

  send(message: Out): void {
    if (this.#state !== "open") return;
    if (!this.#outbox.push(this.#encode(message))) this.#abort("the peer does not read");
  }

  /** Where the stream can end in order, what was sent before goes out if the peer takes it soon. */
  close(): void {
    if (this.#state !== "open") return;
    const reason = "closed here";
    const { end } = this.#stream;
    if (end === undefined) {
      this.#abort(reason);
      return;
    }
    this.#state = "closing";
    this.#farewell = setTimeout(() => this.#dropStream(reason), farewellMs);
    this.#outbox.whenDrained(end);
    this.#tellLater(reason);
  }

  /** The stream's owner passes on what arrived. */
  received(message: In): void {
    if (this.#state === "open") this.#events?.received(message);
  }

  /** The stream's owner says that the call is over. */
  ended(reason: string): void {
    clearTimeout(this.#farewell);
    this.#outbox.drop();
    const wasOpen = this.#state === "open";
    this.#state = "over";
    if (wasOpen) this.#tellLater(reason);
  }

  #abort(reason: string): void {
    this.#state = "closing";
    this.#dropStream(reason);
    this.#tellLater(reason);
  }

  #dropStream(reason: string): void {
    this.#outbox.drop();
    this.#stream.abort(reason);
  }

  /** Later, so that nobody is told of a link's end while still being handed that link. */
  #tellLater(reason: string): void {
    queueMicrotask(() => this.#events?.closed(reason));
  }
}
