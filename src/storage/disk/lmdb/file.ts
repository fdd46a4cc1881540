/** LMDB's data file, looked at before LMDB opens it. */
import { Buffer } from "node:buffer";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";

export class HeaderDamaged extends Error {
  override readonly name = "HeaderDamaged";
  override readonly message = "its header is not LMDB's";
}

export const dataFile = (directory: string): string => join(directory, "data.mdb");

/** Where LMDB keeps its two meta pages, as its struct MDB_meta lays them out. */
const META = { magic: 0xbeefc0de, at: 24, pageSizeAt: 48, lastPageAt: 144, bytes: 176 } as const;

/**
 * LMDB maps its file into memory, and reading beyond its end would kill the process without a
 * word. A file may rightly be a little shorter than its meta page says, where the last pages were
 * never used, or it was cut off by something else. So it gets its length back, and true says that
 * everything must be read once to tell the two apart.
 */
export async function lengthenShortFile(directory: string): Promise<boolean> {
  const path = dataFile(directory);
  const found = await stat(path).catch(() => undefined);
  if (!found || found.size === 0) return false;
  const file = await open(path, "r+");
  try {
    const { lastPage, pageSize } = await newestMeta(file);
    const expected = (lastPage + 1) * pageSize;
    if (found.size >= expected) return false;
    await file.truncate(expected);
    return true;
  } catch (error) {
    throw error instanceof RangeError ? new HeaderDamaged() : error;
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

/** What LMDB last committed says of itself. RangeError where that is no LMDB file. */
export async function newestMeta(file: FileHandle): Promise<Meta> {
  const first = await readMeta(file, 0);
  const second = await readMeta(file, first.pageSize);
  return second.transaction > first.transaction ? second : first;
}

async function readMeta(file: FileHandle, position: number): Promise<Meta> {
  const { buffer } = await file.read(Buffer.alloc(META.bytes), 0, META.bytes, position);
  if (buffer.readUInt32LE(META.at) !== META.magic) throw new RangeError("no LMDB meta page");
  return {
    pageSize: buffer.readUInt32LE(META.pageSizeAt),
    lastPage: Number(buffer.readBigUInt64LE(META.lastPageAt)),
    transaction: Number(buffer.readBigUInt64LE(META.lastPageAt + 8)),
  };
}
