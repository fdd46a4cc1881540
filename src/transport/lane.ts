import type { Cancel, Clock, LinkFault } from "../node/ports.ts";

interface LaneOptions<Message> {
  readonly clock: Clock;
  readonly deliver: (message: Message) => void;
  /** Roughly what a message weighs, in bytes. */
  readonly weigh: (message: Message) => number;
  /** More waits than `waitingBytesMax`. */
  readonly overflowed: () => void;
}

/** What one direction of a faulty link may hold back before the link is dropped. */
export const waitingBytesMax = 32 * 1024 * 1024;

/** One direction of a link: passes messages on in their order, at once, later, or not for now. */
export class Lane<Message> {
  readonly #options: LaneOptions<Message>;
  #fault: LinkFault | undefined;
  #waiting: { message: Message; at: number; bytes: number }[] = [];
  #waitingBytes = 0;
  #cancelTimer: Cancel = () => {};

  constructor(options: LaneOptions<Message>, fault: LinkFault | undefined) {
    this.#options = options;
    this.#fault = fault;
  }

  push(message: Message): void {
    const { clock, deliver, weigh, overflowed } = this.#options;
    if (this.#fault === undefined && this.#waiting.length === 0) {
      deliver(message);
      return;
    }
    const bytes = weigh(message);
    this.#waitingBytes += bytes;
    this.#waiting.push({ message, at: clock.now(), bytes });
    if (this.#waitingBytes > waitingBytesMax) overflowed();
    else if (this.#waiting.length === 1) this.#pass();
  }

  /** Applies to what waits as well: a shorter wait or none lets it go, in order. */
  setFault(fault: LinkFault | undefined): void {
    this.#fault = fault;
    this.#pass();
  }

  drop(): void {
    this.#cancelTimer();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #pass(): void {
    this.#cancelTimer();
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const waitMs = this.#waitOf(first.at);
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        this.#cancelTimer = this.#options.clock.after(waitMs, () => this.#pass());
        return;
      }
      // Out of the queue first: delivering may drop the queue, or add to it.
      this.#waiting.shift();
      this.#waitingBytes -= first.bytes;
      this.#options.deliver(first.message);
    }
  }

  /** Milliseconds until a message that came at that instant may go; undefined: not foreseeable. */
  #waitOf(at: number): number | undefined {
    if (this.#fault === undefined) return 0;
    if (this.#fault.type !== "slow") return undefined;
    const waitMs = at + this.#fault.delayMs - this.#options.clock.now();
    // Clocks round: what is due within a microsecond is due.
    return waitMs < 0.001 ? 0 : waitMs;
  }
}
