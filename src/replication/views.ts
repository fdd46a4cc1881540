import { checksOf } from "./conditions.ts";
import type { Digest, Entry, History, Sequence, SequenceRange, StoreRecord } from "./types.ts";

/** What the protocol may look up about its own node. Answers change only through its effects. */
export interface LogView {
  /** Lowest sequence that can still be read; 0 when the log is empty. */
  first(): Sequence;
  /** Entries from a sequence on, in order, holes left out; at least one if any is there. */
  read(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[];
  /** The sum over the entries of a range; undefined where one of them is missing. */
  history(range: SequenceRange): History | undefined;
}

export interface StoreView {
  get(key: string): StoreRecord | undefined;
  /** Records whose key starts with `prefix`, after `after` in byte order. */
  list(query: { prefix: string; after?: string; limit: number }): readonly StoreRecord[];
  /** A copy as of now; see the storage port. */
  copy(): StoreCopyView;
}

export interface StoreCopyView {
  readonly applied: Sequence;
  readonly digest: Digest;
  readonly history: History | undefined;
  page(after: string | undefined, bytesMax: number): readonly StoreRecord[];
  close(): void;
}

/** About what an entry takes in memory and on the wire. */
export function entryBytes(entry: Entry): number {
  let bytes = 32;
  for (const { key, value } of entry.operations) bytes += 32 + key.length + (value?.length ?? 0);
  for (const { key } of checksOf(entry)) bytes += 32 + key.length;
  return bytes;
}
