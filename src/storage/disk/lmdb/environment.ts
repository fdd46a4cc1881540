/** Opens an LMDB environment with the options that make "committed" mean "flushed". */
import type { Buffer } from "node:buffer";
import { open } from "lmdb";
import { dataFile } from "./file.ts";
import { type Needs, Room } from "./room.ts";

/** A view of all tables at one transaction. Every `useReadTransaction` is ended by one `done`. */
export interface ReadTransaction {
  done(): void;
}

interface Reading {
  readonly transaction: ReadTransaction;
}

export interface Range extends Reading {
  /** Undefined begins at the first (reversed: the last) key; lmdb wants it said. */
  readonly start: string | undefined;
  readonly end?: string | undefined;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** The part of an lmdb database that is used here, with the options that its own types leave out. */
export interface Database {
  /** Bytes that are overwritten by the next read. */
  getBinaryFast(key: string, options: Reading): Uint8Array | undefined;
  /** A copy of the bytes. */
  getBinary(key: string, options: Reading): Buffer | undefined;
  getRange(range: Range): Iterable<{ key: string; value: Uint8Array }>;
  getKeys(range: Range): Iterable<string>;
  put(key: string, value: Uint8Array): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  clearAsync(): Promise<boolean>;
}

export interface Environment {
  readonly meta: Database;
  readonly stores: readonly [Database, Database];
  useReadTransaction(): ReadTransaction;
  /**
   * Everything put or removed by `fill` goes into one transaction; resolved when it is flushed. One
   * at a time.
   */
  commit(fill: () => void, needs?: Needs): Promise<unknown>;
  close(): Promise<void>;
}

/** Addresses reserved for the map; the file grows only as far as it is used. */
const MAP_BYTES = 64 * 1024 ** 3;

const textKey = {
  /** To clear a table, lmdb writes an empty key that is no string. */
  writeKey: (key: unknown, target: Buffer, start: number): number =>
    typeof key === "string" ? start + target.write(key, start, "utf8") : start,
  readKey: (source: Buffer, start: number, end: number): string =>
    source.toString("utf8", start, end),
};

/** lmdb's own reading copies a range's values; this encoder leaves them where they are. */
const bytesAsTheyAre = {
  encode: (bytes: Uint8Array): Uint8Array => bytes,
  decode: (bytes: Uint8Array): Uint8Array => bytes,
};

const NOTHING = new Uint8Array(0);

export function openEnvironment(directory: string): Environment {
  const root = open({
    path: directory,
    noSubdir: false,
    maxDbs: 8,
    mapSize: MAP_BYTES,
    // With overlapping sync, a transaction counts as committed before it is on the disk.
    overlappingSync: false,
    // The writing thread starts at the second write after another: see `commit`. It never starts
    // while a batch is still being filled, however large that is.
    eventTurnBatching: false,
    ...{ txnStartThreshold: 1, batchStartThreshold: Number.POSITIVE_INFINITY },
    encoding: "binary",
    keyEncoder: textKey,
  });
  const database = (name: string): Database =>
    root.openDB(name, {
      keyEncoder: textKey,
      encoder: bytesAsTheyAre,
    } as object) as unknown as Database;
  const meta = database("meta");
  const room = new Room(dataFile(directory));
  return {
    meta,
    stores: [database("store0"), database("store1")],
    useReadTransaction: () => root.useReadTransaction(),
    async commit(fill, needs = { records: 0, bytes: 0 }) {
      await room.make(needs);
      const flushed = root.batch(fill);
      // Nothing depends on this write: being the second one, it starts the thread now rather than
      // in the next turn of the event loop, which may be milliseconds away.
      void meta.put("start", NOTHING);
      return await flushed;
    },
    async close() {
      await root.close();
      await room.close();
    },
  };
}
