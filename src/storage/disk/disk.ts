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
import { DataDamaged, damageSentence } from "./format/damage.ts";
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
  /** Called where a record or an entry proves damaged long after the start. */
  readonly damaged?: (sentence: string) => void;
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
  const damaged = (how: string): void => options.damaged?.(damageSentence(directory, how));
  return new DiskStorage(opened, new DiskWriter({ ...opened, directory, bounds }), damaged);
}

class DiskStorage implements Storage {
  readonly #state: DiskState;
  readonly #files: LogFiles;
  readonly #unlock: () => void;
  readonly #writer: DiskWriter;
  /** Open copies. Each holds a read transaction of LMDB. */
  readonly #copies = new Set<StoreCopy>();
  readonly #damaged: (how: string) => void;
  readonly write: Storage["write"];
  readonly incoming: Storage["incoming"];

  constructor(
    { state, files, unlock }: Opened,
    writer: DiskWriter,
    damaged: (how: string) => void,
  ) {
    this.#state = state;
    this.#files = files;
    this.#unlock = unlock;
    this.#writer = writer;
    this.#damaged = damaged;
    this.write = (batch, done) => this.#reading(() => writer.write(batch, done));
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
    const page = takePage(places, { itemsMax, bytesMax }, ({ bytes }) => bytes);
    return this.#reading(() => readPlaces(page));
  }

  logHistory(range: SequenceRange): History | undefined {
    return historyOfRange(this.#state.index.from(range.from), range);
  }

  get(key: string): StoreRecord | undefined {
    return this.#reading(() => this.#state.store.get(key));
  }

  list(query: {
    prefix: string;
    after?: string | undefined;
    limit: number;
  }): readonly StoreRecord[] {
    return this.#reading(() => this.#state.store.list({ ...query, after: query.after }));
  }

  copy(): StoreCopy {
    const { applied, digest, history } = this.summary();
    const reader = this.#state.store.copy();
    const copies = this.#copies;
    const copy: StoreCopy = {
      applied,
      digest,
      history,
      page: (after, bytesMax) => {
        invariant(copies.has(copy), "a copy of the store is not read after it is closed");
        return this.#reading(() => reader.page(after, bytesMax));
      },
      close() {
        if (copies.delete(copy)) reader.close();
      },
    };
    copies.add(copy);
    return copy;
  }

  /** Does it, and reports damage that it comes upon: nobody above goes on with half an answer. */
  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof DataDamaged) this.#damaged(error.message);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
    for (const copy of this.#copies) copy.close();
    await this.#files.close();
    await this.#state.close();
    this.#unlock();
  }
}
