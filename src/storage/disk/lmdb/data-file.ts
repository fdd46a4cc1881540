/** LMDB's data file, examined and repaired before LMDB opens it. */
import { Buffer } from "node:buffer";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataDamaged, mustHold } from "../format/damage.ts";

export const dataFileName = "data.mdb";
/** LMDB's table of readers, beside its data file. */
export const lmdbLockName = "lock.mdb";

/** The path of LMDB's data file in a directory. */
export const dataFile = (directory: string): string => join(directory, dataFileName);

/** Reserved addresses, not disk space: the file grows only as far as it is used. */
export const mapBytes = 64 * 1024 ** 3;

/** Offsets of LMDB's two meta pages, from its struct MDB_meta. */
const metaLayout = {
  magic: 0xbeefc0de,
  at: 24,
  pageSizeAt: 48,
  lastPageAt: 144,
  bytes: 176,
} as const;

/** Bytes, as LMDB allows them. */
const pageSizes = new Set([4096, 8192, 16_384, 32_768, 65_536]);

/**
 * Extends a file that is shorter than its meta page says. LMDB maps its file into memory, and
 * reading beyond its end would kill the process without a message. A file may be a little shorter
 * for a good reason, namely where the last pages were never used, or because it was cut short.
 * Returns true where the file was extended: everything must then be read once to tell which.
 * Throws DataDamaged where the file is not one of LMDB.
 */
export async function lengthenShortFile(directory: string): Promise<boolean> {
  const path = dataFile(directory);
  const found = await stat(path).catch(() => undefined);
  if (!found || found.size === 0) return false;
  const file = await open(path, "r+");
  try {
    const { lastPage, pageSize } = await newestMeta(file);
    const expected = (lastPage + 1) * pageSize;
    mustHold(expected <= mapBytes, `data.mdb says that it has ${expected} bytes`);
    if (found.size >= expected) return false;
    await file.truncate(expected);
    return true;
  } catch (error) {
    throw error instanceof RangeError ? new DataDamaged("data.mdb has no LMDB header") : error;
  } finally {
    await file.close();
  }
}

interface Meta {
  /** Bytes. */
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

/**
 * The meta page of the last transaction. Throws a RangeError where the file is not one of LMDB.
 * @public Read by test/storage/tools, which are not part of the product.
 */
export async function newestMeta(file: FileHandle): Promise<Meta> {
  const first = await readMeta(file, 0);
  const second = await readMeta(file, first.pageSize);
  return second.transaction > first.transaction ? second : first;
}

async function readMeta(file: FileHandle, position: number): Promise<Meta> {
  const { magic, at, pageSizeAt, lastPageAt, bytes } = metaLayout;
  const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  const pageSize = buffer.readUInt32LE(pageSizeAt);
  const isMeta = buffer.readUInt32LE(at) === magic && pageSizes.has(pageSize);
  if (!isMeta) throw new RangeError("no LMDB meta page");
  return {
    pageSize,
    lastPage: Number(buffer.readBigUInt64LE(lastPageAt)),
    transaction: Number(buffer.readBigUInt64LE(lastPageAt + 8)),
  };
}
