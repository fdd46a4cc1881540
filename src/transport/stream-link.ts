/** What both ends of a replication stream have in common. */
import type { Link, LinkEvents } from "../node/ports.ts";
import { Outbox, type OutboxLimits } from "./outbox.ts";

/** The part of a gRPC call that a link needs; the calls of both ends have it. */
export interface Stream {
  write(bytes: Buffer, written: () => void): void;
  /** Ends this direction after everything written so far; absent: closing the link aborts the call. */
  readonly end?: () => void;
  /** Ends the call as soon as the library can. */
  abort(reason: string): void;
}

/** What a link is made from. */
interface LinkOptions<In, Out> {
  readonly stream: Stream;
  readonly encode: (message: Out) => Buffer;
  /** Throws where the bytes are not a message to be believed. */
  readonly decode: (bytes: Buffer) => In;
  /** For people: such a message has ended the stream. */
  readonly malformed: (reason: string) => void;
  readonly limits?: OutboxLimits | undefined;
}

/** Milliseconds that a closing link may take to send its remaining messages. */
const lastSendMs = 1000;

/**
 * A link over one gRPC call, at either end. Invariants: `closed` is called exactly once, and never
 * from inside `send` or `close`; no message is received after the link was closed, whoever closed it.
 */
export class StreamLink<In, Out> implements Link<Out> {
  readonly #stream: Stream;
  readonly #options: LinkOptions<In, Out>;
  readonly #outbox: Outbox;
  #events: LinkEvents<In> | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #lastSend: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions<In, Out>) {
    const { stream, limits } = options;
    this.#stream = stream;
    this.#options = options;
    this.#outbox = new Outbox((bytes, written) => stream.write(bytes, written), limits);
  }

  /** Sets who gets the events of the link; called once, as soon as its owner has the link. */
  report(events: LinkEvents<In>): void {
    this.#events = events;
  }

  /** Aborts the stream if the peer has left too much unread. */
  send(message: Out): void {
    if (this.#state !== "open") return;
    if (!this.#outbox.push(this.#options.encode(message))) this.#abort("the peer does not read");
  }

  /** If the stream can end in order, messages sent before still go out, as long as the peer reads them soon. */
  close(): void {
    if (this.#state !== "open") return;
    const reason = "closed here";
    const { end } = this.#stream;
    if (end === undefined) {
      this.#abort(reason);
      return;
    }
    this.#state = "closing";
    this.#lastSend = setTimeout(() => this.#dropStream(reason), lastSendMs);
    this.#outbox.whenDrained(end);
    this.#reportClosed(reason);
  }

  /** A message arrived on the call. One that is not to be believed changes nothing, and ends the call. */
  received(bytes: Buffer): void {
    if (this.#state !== "open") return;
    const message = this.#decoded(bytes);
    if (message !== undefined) this.#events?.received(message);
  }

  #decoded(bytes: Buffer): In | undefined {
    try {
      return this.#options.decode(bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.malformed(reason);
      this.#abort(`malformed message: ${reason}`);
      return undefined;
    }
  }

  /** The call is over. */
  ended(reason: string): void {
    clearTimeout(this.#lastSend);
    this.#outbox.drop();
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    if (wasOpen) this.#reportClosed(reason);
  }

  #abort(reason: string): void {
    this.#state = "closing";
    this.#dropStream(reason);
    this.#reportClosed(reason);
  }

  #dropStream(reason: string): void {
    this.#outbox.drop();
    this.#stream.abort(reason);
  }

  /** Calls `closed` later, because the owner may still be on the way to receive the link. */
  #reportClosed(reason: string): void {
    queueMicrotask(() => this.#events?.closed(reason));
  }
}
