/**
 * The storage port on disk. Each flush is a frame in a log file. LMDB holds the store as of the last
 * checkpoint; the changes since then are in memory.
 */
import type { Storage, StoreCopy, StoreSummary } from "../../node/ports.ts";
import { historyOfRange } from "../../replication/history.ts";
import { invariant } from "../../replication/invariant.ts";
import type {
  Entry,
  HardState,
  History,
  Sequence,
  SequenceRange,
  StoreRecord,
} from "../../replication/types.ts";
import { takePage } from "../page.ts";
import { toSummary } from "../standing.ts";
import { DiskWriter } from "./disk-writer.ts";
import { type LogFiles, readPlaces } from "./log/log-files.ts";
import { type Opened, openDirectory } from "./opening.ts";
import type { DiskState } from "./state.ts";

/** The directory and, for tests, bounds in bytes that bring about checkpoints and new files early. */
export interface DiskOptions {
  readonly directory: string;
  /** A checkpoint begins when the changes that LMDB does not have take this much memory … */
  readonly memtableBytesMax?: number;
  /** … or when this much was written to the log since the last checkpoint: a restart reads it. */
  readonly replayBytes?: number;
  /** A log file that holds this much is followed by another one. */
  readonly logFileBytes?: number;
  /** Called once where other users can read the directory and that cannot be changed. */
  readonly warn?: (sentence: string) => void;
}

const defaultMemtableBytesMax = 8 * 1024 * 1024;
const defaultReplayBytes = 32 * 1024 * 1024;

/**
 * Opens the storage in a directory, which is made where it is missing. Throws StorageUnusable where
 * another process holds the directory, or where it is unreadable, damaged or of an unknown format.
 */
export async function openDiskStorage(options: DiskOptions): Promise<Storage> {
  const {
    directory,
    memtableBytesMax = defaultMemtableBytesMax,
    replayBytes = defaultReplayBytes,
  } = options;
  const opened = await openDirectory(options);
  if (opened.openToOthers !== undefined) options.warn?.(opened.openToOthers);
  const bounds = { memtableBytesMax, replayBytes };
  return new DiskStorage(opened, new DiskWriter({ ...opened, directory, bounds }));
}

class DiskStorage implements Storage {
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #unlock: () => void;
  readonly #writer: DiskWriter;
  /** Open copies. Each holds a read transaction of LMDB. */
  readonly #copies = new Set<StoreCopy>();
  readonly write: Storage["write"];
  readonly incoming: Storage["incoming"];

  constructor({ state, files, unlock }: Opened, writer: DiskWriter) {
    this.#state = state;
    this.#files = files;
    this.#unlock = unlock;
    this.#writer = writer;
    this.write = (batch, done) => writer.write(batch, done);
    this.incoming = writer.incoming;
  }

  hardState(): HardState {
    return this.#state.hardState;
  }

  summary(): StoreSummary {
    return toSummary(this.#state.commitPoint.standing);
  }

  logBounds(): { readonly first: Sequence; readonly last: Sequence } {
    return this.#state.index.bounds;
  }

  logBytes(): number {
    return this.#state.index.bytes;
  }

  readLog(from: Sequence, limit: { entriesMax: number; bytesMax: number }): readonly Entry[] {
    const { entriesMax: itemsMax, bytesMax } = limit;
    const places = this.#state.index.from(from);
    return readPlaces(takePage(places, { itemsMax, bytesMax }, ({ bytes }) => bytes));
  }

  logHistory(range: SequenceRange): History | undefined {
    return historyOfRange(this.#state.index.from(range.from), range);
  }

  get(key: string): StoreRecord | undefined {
    return this.#state.store.get(key);
  }

  list(query: {
    prefix: string;
    after?: string | undefined;
    limit: number;
  }): readonly StoreRecord[] {
    return this.#state.store.list({ ...query, after: query.after });
  }

  copy(): StoreCopy {
    const { applied, digest, history } = this.summary();
    const reader = this.#state.store.copy();
    const copies = this.#copies;
    const copy: StoreCopy = {
      applied,
      digest,
      history,
      page(after, bytesMax) {
        invariant(copies.has(copy), "a copy of the store is not read after it is closed");
        return reader.page(after, bytesMax);
      },
      close() {
        if (copies.delete(copy)) reader.close();
      },
    };
    copies.add(copy);
    return copy;
  }

  async close(): Promise<void> {
    await this.#writer.close();
    for (const copy of this.#copies) copy.close();
    await this.#files.close();
    await this.#state.close();
    this.#unlock();
  }
}
