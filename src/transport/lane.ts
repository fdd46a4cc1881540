/** The queue of one direction of a link whose faults can be set. */
import type { Cancel, Clock, LinkFault } from "../node/ports.ts";

/** What a lane does with its messages. */
interface LaneOptions<Message> {
  readonly clock: Clock;
  readonly deliver: (message: Message) => void;
  /** Roughly the bytes of a message. */
  readonly weigh: (message: Message) => number;
  /** Called when more waits than `waitingBytesMax`. */
  readonly overflowed: () => void;
}

/** Bytes that may wait in one direction before the link is dropped. */
const waitingBytesMax = 32 * 1024 * 1024;

/** Passes messages on in their order: at once, after a delay, or only when the fault ends. */
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

  /** Takes one more message. */
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

  /** Applies to waiting messages as well: with a shorter delay or none they leave, in order. */
  setFault(fault: LinkFault | undefined): void {
    this.#fault = fault;
    this.#pass();
  }

  /** Forgets everything that waits. */
  drop(): void {
    this.#cancelTimer();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  /** Delivers every message whose time has come, and sets the timer for the next one. */
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

  /** Milliseconds until a message that arrived at that instant may leave; undefined: not known. */
  #waitOf(at: number): number | undefined {
    if (this.#fault === undefined) return 0;
    if (this.#fault.type !== "slow") return undefined;
    const waitMs = at + this.#fault.delayMs - this.#options.clock.now();
    // Timers fire a little early at times: a message due within a microsecond is due.
    return waitMs < 0.001 ? 0 : waitMs;
  }
}
