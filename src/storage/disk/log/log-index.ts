import type { Epoch, Sequence } from "../../../replication/types.ts";
import { createBTree } from "../../b-tree.ts";
import type { LogFile } from "./log-file.ts";

/** Where an entry of the log lies on disk. */
export interface Place {
  readonly sequence: Sequence;
  readonly epoch: Epoch;
  readonly origin: Epoch;
  readonly file: LogFile;
  /** Bytes from the begin of the file. */
  readonly at: number;
  readonly bytes: number;
}

/** Finds the log's entries: the newest one at each sequence. In memory; a restart reads it anew. */
export class LogIndex {
  readonly #places = createBTree<Sequence, Place>();
  #bytes = 0;

  /** What the entries take on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  get bounds(): { readonly first: Sequence; readonly last: Sequence } {
    return { first: this.#places.minKey() ?? 0, last: this.#places.maxKey() ?? 0 };
  }

  at(sequence: Sequence): Place | undefined {
    return this.#places.get(sequence);
  }

  put(place: Place): void {
    const present = this.#places.get(place.sequence);
    this.#bytes += place.bytes - (present?.bytes ?? 0);
    this.#places.set(place.sequence, place);
  }

  forget(upTo: Sequence): void {
    const first = this.#places.minKey();
    if (first === undefined || first > upTo) return;
    this.#places.forRange(first, upTo, true, (_, { bytes }) => {
      this.#bytes -= bytes;
    });
    this.#places.deleteRange(first, upTo, true);
  }

  /** From a sequence on, in order, holes left out. */
  from(sequence: Sequence): Iterable<Place> {
    return this.#places.values(sequence);
  }
}
