/** A node's log, store and hard state in memory. */
import type { StorageBatch, StoreCopy, StoreSummary } from "../../node/ports.ts";
import { historyOfRange } from "../../replication/history.ts";
import { invariant } from "../../replication/invariant.ts";
import {
  BLANK_HARD_STATE,
  type Digest,
  type Entry,
  type HardState,
  type History,
  type Sequence,
  type SequenceRange,
  type SnapshotEnd,
  type StoreRecord,
} from "../../replication/types.ts";
import { entryBytes } from "../../replication/views.ts";
import { planApply } from "../apply.ts";
import { createBTree } from "../btree.ts";
import { takePage } from "../page.ts";
import { emptyStanding, recordHash, type Standing, toDigest, toSummary } from "../standing.ts";
import { RecordTable } from "./record-table.ts";

/** A store that is being received, and the sum of the hashes of the records received so far. */
interface Incoming {
  readonly table: RecordTable;
  sum: bigint;
}

type InstalledEnd = Pick<SnapshotEnd, "applied" | "history"> & { readonly hardState: HardState };

/** What the storage port keeps. Each method makes its whole change before it returns. */
export class MemoryState {
  readonly #log = createBTree<Sequence, Entry>();
  #logBytes = 0;
  /** The log holds no entry up to this sequence and accepts none. */
  #compactedTo: Sequence = 0;
  #table = new RecordTable();
  /** Invariant: `keys` and `sum` are those of #table. */
  #standing: Standing = emptyStanding;
  #hardState: HardState = BLANK_HARD_STATE;
  #incoming: Incoming | undefined;

  get hardState(): HardState {
    return this.#hardState;
  }

  get summary(): StoreSummary {
    return toSummary(this.#standing);
  }

  get logBounds(): { readonly first: Sequence; readonly last: Sequence } {
    return { first: this.#log.minKey() ?? 0, last: this.#log.maxKey() ?? 0 };
  }

  get logBytes(): number {
    return this.#logBytes;
  }

  get table(): RecordTable {
    return this.#table;
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    const { entriesMax: itemsMax, bytesMax } = limit;
    return takePage(this.#log.values(from), { itemsMax, bytesMax }, entryBytes);
  }

  logHistory(range: SequenceRange): History | undefined {
    return historyOfRange(this.#log.values(range.from), range);
  }

  copy(): StoreCopy {
    const { applied, digest, history } = this.summary;
    const read = this.#table.snapshot();
    let open = true;
    return {
      applied,
      digest,
      history,
      page(after, bytesMax) {
        invariant(open, "a copy of the store is not read after it is closed");
        return read(after, bytesMax);
      },
      close() {
        open = false;
      },
    };
  }

  /** Makes a batch visible, its parts in the order of the port. */
  commit(batch: StorageBatch): void {
    for (const entry of batch.append) this.#append(entry);
    this.#apply(batch.apply);
    if (batch.hardState) this.#hardState = batch.hardState;
    if (batch.compactTo !== undefined) this.#compact(batch.compactTo);
  }

  /** Starts to receive a store, and drops one that was not installed. */
  begin(): void {
    this.#incoming = { table: new RecordTable(), sum: 0n };
  }

  /** The store that is being received. */
  incoming(): Incoming {
    invariant(this.#incoming !== undefined, "a store is received only after incoming.begin()");
    return this.#incoming;
  }

  get incomingDigest(): Digest {
    return toDigest(this.incoming().sum);
  }

  /** What a restart does to a store that was not installed. */
  dropIncoming(): void {
    this.#incoming = undefined;
  }

  add(incoming: Incoming, records: readonly StoreRecord[]): void {
    for (const record of records) {
      const before = incoming.table.get(record.key);
      incoming.sum += recordHash(record) - (before ? recordHash(before) : 0n);
      incoming.table.put(record);
    }
  }

  /**
   * Replaces the store. The digest is that of the records received, not the one in `end`, so that
   * a difference between them shows.
   */
  install(incoming: Incoming, end: InstalledEnd): void {
    const { applied, history } = end;
    const { table, sum: added } = incoming;
    const sum = BigInt.asUintN(64, added);
    this.#table = table;
    this.#standing = { applied, sum, keys: table.size, history };
    this.#hardState = end.hardState;
    this.#compactedTo = Math.min(this.#compactedTo, applied);
    this.#compact(applied);
    this.#incoming = undefined;
  }

  #append(entry: Entry): void {
    if (entry.sequence <= this.#compactedTo) return;
    const present = this.#log.get(entry.sequence);
    if (present && present.epoch > entry.epoch) return;
    this.#log.set(entry.sequence, entry);
    this.#logBytes += entryBytes(entry) - (present ? entryBytes(present) : 0);
  }

  #apply(entries: readonly Entry[]): void {
    const table = this.#table;
    const { standing, changes } = planApply(this.#standing, entries, (key) => {
      const present = table.get(key);
      return present && recordHash(present);
    });
    for (const { key, put } of changes) {
      if (put) table.put(put.record);
      else table.delete(key);
    }
    this.#standing = standing;
  }

  #compact(upTo: Sequence): void {
    if (upTo <= this.#compactedTo) return;
    this.#compactedTo = upTo;
    const first = this.#log.minKey();
    if (first === undefined || first > upTo) return;
    this.#log.forRange(first, upTo, true, (_, entry) => {
      this.#logBytes -= entryBytes(entry);
    });
    this.#log.deleteRange(first, upTo, true);
  }
}
