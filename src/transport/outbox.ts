/**
 * Messages that wait to be written to one stream. The library buffers whatever it is given, so it gets
 * little at a time: waiting messages are counted here, bounded, and can be dropped.
 */
export interface OutboxLimits {
  /** With more waiting bytes than this the peer counts as one that does not read. */
  readonly unsentBytesMax: number;
  /** Bytes that the stream may have before it has reported earlier ones as written. */
  readonly writtenBytesMax: number;
}

/**
 * `unsentBytesMax` is more than a leader ever has unacknowledged, so only a peer that does not read can
 * reach it: a window of 16 Mi characters takes up to three times as many bytes, and one entry more.
 */
const outboxLimits: OutboxLimits = {
  unsentBytesMax: 64 * 1024 * 1024,
  writtenBytesMax: 256 * 1024,
};

/** The outgoing messages of one stream. */
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

  /** Adds a message. False: the bound is exceeded, and the caller must end the stream. */
  push(bytes: Buffer): boolean {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#pump();
    return this.#waitingBytes <= this.#limits.unsentBytesMax;
  }

  /** Calls `run` once everything has been written; never if the messages are dropped before. */
  whenDrained(run: () => void): void {
    this.#drained = run;
    this.#pump();
  }

  /** Forgets everything that waits. */
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
    // Half of the array at a time, so that each message is moved at most once on average.
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
