/**
 * The bytes of a body as they arrive. They are kept in one piece: a body may come a byte at a time, and
 * a list of such pieces would take hundreds of times as much memory. Many bodies at a time outrun the garbage
 * collector.
 */

/** Bytes of the first piece that pieces are put together in. */
const capacityMin = 16 * 1024;

/** One body. What it no longer needs is freed at once. Invariant: `#length <= #bytes.length`. */
export class BodyBytes {
  #bytes: Buffer = empty;
  #length = 0;
  /** The memory of `#bytes`, unless that is a chunk of the connection's. */
  #own: ArrayBuffer | undefined;

  /** Bytes of memory that it takes. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** All that has arrived. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Its length once this is added. */
  lengthWith(chunk: Buffer): number {
    return this.#length + chunk.length;
  }

  /** Most bodies are one chunk, which is taken as it is. */
  add(chunk: Buffer): void {
    const length = this.lengthWith(chunk);
    if (this.#length === 0) this.#bytes = chunk;
    else {
      if (length > this.#bytes.length) {
        this.#grow(Math.max(capacityMin, 2 * length));
      }
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** Forgets all of it. */
  drop(): void {
    this.#own?.transfer(0);
    this.#own = undefined;
    this.#bytes = empty;
    this.#length = 0;
  }

  #grow(capacity: number): void {
    const own = this.#own?.transfer(capacity) ?? new ArrayBuffer(capacity);
    const larger = Buffer.from(own);
    if (this.#own === undefined) this.#bytes.copy(larger, 0, 0, this.#length);
    this.#own = own;
    this.#bytes = larger;
  }
}

const empty = Buffer.alloc(0);
