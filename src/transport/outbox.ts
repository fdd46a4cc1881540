/**
 * Messages on their way into one stream. The stream itself is given little at a time, so that what
 * waits is counted here, can be bounded, and can be dropped.
 */
export interface OutboxLimits {
  /** Beyond this many waiting bytes the peer counts as one that does not read. */
  readonly unsentBytesMax: number;
  /** Bytes the stream is given before it has reported the earlier ones as written. */
  readonly writtenBytesMax: number;
}

/**
 * More than a leader ever leaves unacknowledged, so that it only meets peers that do not read: the
 * 16 Mi characters of a window take up to three times as many bytes, and one entry may come on top.
 */
export const outboxLimits: OutboxLimits = {
  unsentBytesMax: 64 * 1024 * 1024,
  writtenBytesMax: 256 * 1024,
};

export class Outbox {
  readonly #write: (bytes: Buffer, written: () => void) => void;
  readonly #limits: OutboxLimits;
  #waiting: Buffer[] = [];
  /** Index of the next one to write; those before it have been written. */
  #next = 0;
  #waitingBytes = 0;
  #writtenBytes = 0;
  #drained: (() => void) | undefined;

  constructor(
    write: (bytes: Buffer, written: () => void) => void,
    limits: OutboxLimits = outboxLimits,
  ) {
    this.#write = write;
    this.#limits = limits;
  }

  /** False: the bound is passed; the caller ends the stream. */
  push(bytes: Buffer): boolean {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#pump();
    return this.#waitingBytes <= this.#limits.unsentBytesMax;
  }

  /** Calls once everything has been written; never if it is dropped before. */
  whenDrained(run: () => void): void {
    this.#drained = run;
    this.#pump();
  }

  drop(): void {
    this.#drained = undefined;
    this.#waiting = [];
    this.#next = 0;
    this.#waitingBytes = 0;
  }

  #pump(): void {
    while (this.#writtenBytes < this.#limits.writtenBytesMax) {
      const bytes = this.#waiting[this.#next];
      if (bytes === undefined) break;
      this.#next++;
      this.#waitingBytes -= bytes.length;
      this.#writtenBytes += bytes.length;
      this.#write(bytes, () => {
        this.#writtenBytes -= bytes.length;
        this.#pump();
      });
    }
    this.#forgetWritten();
    if (this.#waitingBytes + this.#writtenBytes === 0) this.#finishDrain();
  }

  #forgetWritten(): void {
    if (this.#next === this.#waiting.length) this.#waiting = [];
    // Half of the array at a time: each message is moved at most once on average.
    else if (this.#next > 64 && this.#next * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
    } else return;
    this.#next = 0;
  }

  #finishDrain(): void {
    const run = this.#drained;
    this.#drained = undefined;
    run?.();
  }
}
