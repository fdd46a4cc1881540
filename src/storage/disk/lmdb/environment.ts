/** Opens an LMDB environment with the options that make "committed" mean "flushed". */
import { type Buffer, isUtf8 } from "node:buffer";
import { open } from "lmdb";
import { keyBytesMax } from "../../../request-limits.ts";
import { fileMode } from "../format/access.ts";
import { DataDamaged, mustHold } from "../format/damage.ts";
import { dataFile, mapBytes } from "./data-file.ts";
import { Preallocation, type TransactionSize, type UsedPages } from "./preallocation.ts";

/** The state after one transaction. Each `useReadTransaction` needs exactly one `done`. */
export interface ReadTransaction {
  done(): void;
}

interface Reading {
  readonly transaction: ReadTransaction;
}

/** A range of keys, in the form lmdb takes it. */
interface Range extends Reading {
  /** Undefined begins at the first key (reversed: the last). lmdb needs the field all the same. */
  readonly start: string | undefined;
  readonly end?: string | undefined;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** What is used here of an lmdb database, with options that the types of the package lack. */
export interface Database {
  /** The bytes of a value. The next read overwrites them. */
  getBinaryFast(key: string, options: Reading): Uint8Array | undefined;
  /** A copy of the bytes of a value. */
  getBinary(key: string, options: Reading): Buffer | undefined;
  getRange(range: Range): Iterable<{ key: string; value: Uint8Array }>;
  getKeys(range: Range): Iterable<string>;
  put(key: string, value: Uint8Array): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  clearAsync(): Promise<boolean>;
}

/**
 * Keys of the database `meta`. The texts are on disk: two of them keep the words of version 0.1 for
 * the hard state and the commit point.
 */
export const metaKeys = { format: "format", hardState: "marks", checkpoint: "footing" } as const;

/** One LMDB data file with its databases. */
export interface Environment {
  readonly meta: Database;
  /** One is the present store; the other is empty or being received. */
  readonly stores: readonly [Database, Database];
  useReadTransaction(): ReadTransaction;
  /**
   * Makes everything that `fill` puts or removes one transaction, and resolves when it is flushed.
   * Rejects where there is no space for a transaction of this size. One commit at a time.
   */
  commit(fill: () => void, size?: TransactionSize): Promise<unknown>;
  close(): Promise<void>;
}

const textKey = {
  /** To clear a database, lmdb writes an empty key that is not a string. */
  writeKey: (key: unknown, target: Buffer, start: number): number =>
    typeof key === "string" ? start + target.write(key, start, "utf8") : start,
  readKey: (source: Buffer, start: number, end: number): string => {
    const isKey = end > start && end - start <= keyBytesMax;
    if (!isKey) throw new DataDamaged(`a key has ${end - start} bytes`);
    mustHold(isUtf8(source.subarray(start, end)), "a key is not UTF-8");
    return source.toString("utf8", start, end);
  },
};

/** lmdb's own decoder copies the values of a range. This one leaves them where they are. */
const asTheyAre = {
  encode: (bytes: Uint8Array): Uint8Array => bytes,
  decode: (bytes: Uint8Array): Uint8Array => bytes,
};

/** Known to lmdb, but missing in its types. */
const untypedOptions = {
  txnStartThreshold: 1,
  batchStartThreshold: Number.POSITIVE_INFINITY,
  permissionsMode: fileMode,
};

const noBytes = new Uint8Array(0);

/** Opens or creates the data file in a directory. Throws the error of LMDB where it cannot. */
export function openEnvironment(directory: string): Environment {
  const root = open({
    path: directory,
    noSubdir: false,
    maxDbs: 8,
    mapSize: mapBytes,
    // With overlapping sync, a transaction counts as committed before it is on the disk.
    overlappingSync: false,
    // The writing thread starts at the second write: see `commit`. It never starts while a batch is
    // being filled, however large the batch is.
    eventTurnBatching: false,
    ...untypedOptions,
    encoding: "binary",
    keyEncoder: textKey,
  });
  const database = (name: string): Database =>
    root.openDB(name, {
      keyEncoder: textKey,
      encoder: asTheyAre,
    } as object) as unknown as Database;
  const meta = database("meta");
  const preallocation = new Preallocation(dataFile(directory));
  return {
    meta,
    stores: [database("store0"), database("store1")],
    useReadTransaction: () => root.useReadTransaction(),
    async commit(fill, size = { records: 0, bytes: 0 }) {
      await preallocation.reserve(size, root.getStats() as UsedPages);
      const flushed = root.batch(fill);
      // This write has no purpose except to be the second one: it starts the thread now rather than
      // in the next turn of the event loop, which may be milliseconds away.
      void meta.put("start", noBytes);
      return await flushed;
    },
    async close() {
      await root.close();
      await preallocation.close();
    },
  };
}
