/**
 * The bytes of a body as they arrive. They are kept in one piece: a body may come a byte at a time, and
 * a list of such pieces would take hundreds of times as much memory.
 */

/** Bytes of the first piece that pieces are put together in. */
const capacityMin = 16 * 1024;

/** One body. Invariant: \`#length <= #bytes.length\`. */
export class BodyBytes {
  #bytes: Buffer = empty;
  #length = 0;

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
        const larger = Buffer.allocUnsafe(Math.max(capacityMin, 2 * length));
        this.#bytes.copy(larger, 0, 0, this.#length);
        this.#bytes = larger;
      }
      chunk.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** Forgets all of it. */
  drop(): void {
    this.#bytes = empty;
    this.#length = 0;
  }
}

const empty = Buffer.alloc(0);
