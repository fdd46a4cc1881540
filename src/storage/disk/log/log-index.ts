/** Finds the entries of the log on disk. It is in memory; a restart builds it from the log files. */
import type { Epoch, Sequence } from "../../../replication/types.ts";
import { createBTree } from "../../btree.ts";
import type { LogFile } from "./log-file.ts";

/** Where an entry of the log is on disk. */
export interface Place {
  readonly sequence: Sequence;
  readonly epoch: Epoch;
  readonly origin: Epoch;
  readonly file: LogFile;
  /** Offset in the file. */
  readonly at: number;
  readonly bytes: number;
}

/** Sequences that share a block. */
const blockEntries = 256;
/** Of one place: epoch, origin, at, bytes. */
const numbersEach = 4;

/**
 * The places of neighbouring sequences. They are kept as numbers, because every entry has one for a long
 * time: as many objects would be copied and looked through by each garbage collection.
 */
class Block {
  readonly numbers = new Float64Array(blockEntries * numbersEach);
  /** Undefined where the sequence has no place. */
  readonly files: (LogFile | undefined)[] = new Array(blockEntries).fill(undefined);
}

const blockOf = (sequence: Sequence): number => Math.floor(sequence / blockEntries);

/** Holds the newest place of each sequence. */
export class LogIndex {
  /** By the number of the block. */
  readonly #blocks = createBTree<number, Block>();
  /** The block that was used last: most calls are about the newest entries. */
  #recent: { readonly number: number; readonly block: Block } | undefined;
  /** Lowest and highest sequence with a place; both 0 while there is none. */
  #first: Sequence = 0;
  #last: Sequence = 0;
  #size = 0;
  #bytes = 0;

  /** Size of all entries on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lowest and highest sequence; both 0 while the index is empty. */
  get bounds(): { readonly first: Sequence; readonly last: Sequence } {
    return { first: this.#first, last: this.#last };
  }

  /** Number of places. */
  get size(): number {
    return this.#size;
  }

  at(sequence: Sequence): Place | undefined {
    const block = this.#block(blockOf(sequence));
    return block && placeIn(block, sequence);
  }

  put({ sequence, epoch, origin, file, at, bytes }: Place): void {
    const { numbers, files } = this.#blockToFill(blockOf(sequence));
    const slot = sequence % blockEntries;
    const from = slot * numbersEach;
    // The numbers of a sequence without a place are 0.
    this.#bytes += bytes - (numbers[from + 3] ?? 0);
    if (files[slot] === undefined) this.#size += 1;
    files[slot] = file;
    numbers[from] = epoch;
    numbers[from + 1] = origin;
    numbers[from + 2] = at;
    numbers[from + 3] = bytes;
    if (this.#first === 0 || sequence < this.#first) this.#first = sequence;
    if (sequence > this.#last) this.#last = sequence;
  }

  /** Removes every place up to and including this sequence. */
  removeUpTo(upTo: Sequence): void {
    if (this.#first === 0 || this.#first > upTo) return;
    const end = blockOf(upTo);
    for (const [number, block] of this.#blocks.entries(blockOf(this.#first))) {
      if (number > end) break;
      this.#removeFrom(block, number, upTo);
    }
    // The last of these blocks stays: it may hold more.
    this.#blocks.deleteRange(this.#blocks.minKey() ?? end, end, false);
    this.#recent = undefined;
    const next = this.from(upTo + 1).next();
    if (next.done) [this.#first, this.#last] = [0, 0];
    else this.#first = next.value.sequence;
  }

  #removeFrom({ numbers, files }: Block, number: number, upTo: Sequence): void {
    const low = number * blockEntries;
    const end = Math.min(blockEntries, upTo - low + 1);
    for (let slot = Math.max(0, this.#first - low); slot < end; slot += 1) {
      if (files[slot] === undefined) continue;
      files[slot] = undefined;
      this.#size -= 1;
      this.#bytes -= numbers[slot * numbersEach + 3] ?? 0;
    }
    numbers.fill(0, 0, end * numbersEach);
  }

  /** The places from a sequence on, in order. Missing sequences are left out. */
  *from(sequence: Sequence): Generator<Place, undefined> {
    for (const [number, block] of this.#blocks.entries(blockOf(sequence))) {
      const low = number * blockEntries;
      for (let at = Math.max(sequence, low); at < low + blockEntries; at += 1) {
        const place = placeIn(block, at);
        if (place !== undefined) yield place;
      }
    }
    return undefined;
  }

  #block(number: number): Block | undefined {
    if (this.#recent?.number === number) return this.#recent.block;
    const block = this.#blocks.get(number);
    if (block !== undefined) this.#recent = { number, block };
    return block;
  }

  #blockToFill(number: number): Block {
    const present = this.#block(number);
    if (present !== undefined) return present;
    const block = new Block();
    this.#blocks.set(number, block);
    this.#recent = { number, block };
    return block;
  }
}

function placeIn({ numbers, files }: Block, sequence: Sequence): Place | undefined {
  const slot = sequence % blockEntries;
  const file = files[slot];
  if (file === undefined) return undefined;
  const from = slot * numbersEach;
  return {
    sequence,
    epoch: numbers[from] ?? 0,
    origin: numbers[from + 1] ?? 0,
    file,
    at: numbers[from + 2] ?? 0,
    bytes: numbers[from + 3] ?? 0,
  };
}
