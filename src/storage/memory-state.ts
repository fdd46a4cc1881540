import type { StorageBatch, StoreCopy, StoreSummary } from "../node/ports.ts";
import { historyOfRange } from "../replication/history.ts";
import { invariant } from "../replication/invariant.ts";
import {
  BLANK_MARKS,
  type Entry,
  type History,
  type Marks,
  type Sequence,
  type SequenceRange,
  type StoreRecord,
} from "../replication/types.ts";
import { EMPTY_STANDING, entryBytes, planApply, type Standing } from "./apply.ts";
import { createBTree } from "./b-tree.ts";
import { recordHash, toDigest } from "./digest.ts";
import { Table } from "./table.ts";

/** A store on its way in, with the sum of the hashes of what has arrived. */
export interface Incoming {
  readonly table: Table;
  sum: bigint;
}

interface InstalledEnd {
  readonly applied: Sequence;
  readonly history: History | undefined;
  readonly marks: Marks;
}

/** All that a node's storage holds, in memory. Every change is made at once and as a whole. */
export class MemoryState {
  readonly #log = createBTree<Sequence, Entry>();
  #logBytes = 0;
  /** The log holds nothing up to here, and takes nothing up to here back. */
  #forgotten: Sequence = 0;
  #table = new Table();
  /** Invariant: `keys` and `sum` are those of #table. */
  #standing: Standing = EMPTY_STANDING;
  #marks: Marks = BLANK_MARKS;
  #incoming: Incoming | undefined;

  get marks(): Marks {
    return this.#marks;
  }

  get summary(): StoreSummary {
    const { applied, sum, keys, history } = this.#standing;
    return { applied, digest: toDigest(sum), keys, history };
  }

  get logBounds(): { readonly first: Sequence; readonly last: Sequence } {
    return { first: this.#log.minKey() ?? 0, last: this.#log.maxKey() ?? 0 };
  }

  get logBytes(): number {
    return this.#logBytes;
  }

  get table(): Table {
    return this.#table;
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of this.#log.values(from)) {
      bytes += entryBytes(entry);
      const full = entries.length >= limit.entriesMax || bytes > limit.bytesMax;
      if (entries.length > 0 && full) break;
      entries.push(entry);
    }
    return entries;
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
        invariant(open, "a closed copy of the store is not read");
        return read(after, bytesMax);
      },
      close() {
        open = false;
      },
    };
  }

  commit(batch: StorageBatch): void {
    for (const entry of batch.append) this.#append(entry);
    this.#apply(batch.apply);
    if (batch.marks) this.#marks = batch.marks;
    if (batch.compactTo !== undefined) this.#forget(batch.compactTo);
  }

  begin(): void {
    this.#incoming = { table: new Table(), sum: 0n };
  }

  /** The store that `begin` began. */
  incoming(): Incoming {
    invariant(this.#incoming !== undefined, "a store is received after its beginning");
    return this.#incoming;
  }

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

  /** The digest stays that of the records that did arrive, so that a difference shows. */
  install(incoming: Incoming, end: InstalledEnd): void {
    const { applied, history } = end;
    const { table, sum: added } = incoming;
    const sum = BigInt.asUintN(64, added);
    this.#table = table;
    this.#standing = { applied, sum, keys: table.size, history };
    this.#marks = end.marks;
    this.#forgotten = Math.min(this.#forgotten, applied);
    this.#forget(applied);
    this.#incoming = undefined;
  }

  #append(entry: Entry): void {
    if (entry.sequence <= this.#forgotten) return;
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

  #forget(upTo: Sequence): void {
    if (upTo <= this.#forgotten) return;
    this.#forgotten = upTo;
    const first = this.#log.minKey();
    if (first === undefined || first > upTo) return;
    this.#log.forRange(first, upTo, true, (_, entry) => {
      this.#logBytes -= entryBytes(entry);
    });
    this.#log.deleteRange(first, upTo, true);
  }
}
