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

/** Holds the newest place of each sequence. */
export class LogIndex {
  readonly #places = createBTree<Sequence, Place>();
  #bytes = 0;

  /** Size of all entries on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lowest and highest sequence; both 0 while the index is empty. */
  get bounds(): { readonly first: Sequence; readonly last: Sequence } {
    return { first: this.#places.minKey() ?? 0, last: this.#places.maxKey() ?? 0 };
  }

  /** Number of places. */
  get size(): number {
    return this.#places.size;
  }

  at(sequence: Sequence): Place | undefined {
    return this.#places.get(sequence);
  }

  put(place: Place): void {
    const present = this.#places.get(place.sequence);
    this.#bytes += place.bytes - (present?.bytes ?? 0);
    this.#places.set(place.sequence, place);
  }

  /** Removes every place up to and including this sequence. */
  removeUpTo(upTo: Sequence): void {
    const first = this.#places.minKey();
    if (first === undefined || first > upTo) return;
    this.#places.forRange(first, upTo, true, (_, { bytes }) => {
      this.#bytes -= bytes;
    });
    this.#places.deleteRange(first, upTo, true);
  }

  /** The places from a sequence on, in order. Missing sequences are left out. */
  from(sequence: Sequence): Iterable<Place> {
    return this.#places.values(sequence);
  }
}
