/**
 * Reserves space in LMDB's data file before a transaction needs it. LMDB must not be the first to
 * find the disk full: where it cannot write a page, lmdb 3.5.6 formats the error into a buffer that
 * is too small, which corrupts the heap and kills the process.
 */
import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../format/file-system.ts";

/** What a transaction is going to write. */
export interface TransactionSize {
  readonly records: number;
  /** Of all records together. */
  readonly bytes: number;
}

/** How far LMDB's data file is used. */
export interface UsedPages {
  readonly lastPageNumber: number;
  /** Bytes. */
  readonly pageSize: number;
}

const growthBytes = 1024 * 1024;
const zeros = Buffer.alloc(growthBytes);

/** Keeps zeros behind the last used page of one data file. */
export class Preallocation {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** Invariant: the data file is at least that long. Nobody shortens it while it is open. */
  #fileBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Rejects where the disk has no room. The store is then untouched. While the file is large enough,
   * this costs one small write: a transaction waits for every trip to another thread.
   */
  async reserve(size: TransactionSize, { lastPageNumber, pageSize }: UsedPages): Promise<void> {
    const usedBytes = (lastPageNumber + 1) * pageSize;
    const wantedBytes =
      usedBytes + growthBytes + transactionBytesMax(size, { usedBytes, pageSize });
    const file = await this.#opened();
    // Where nothing is missing, the last page, which is never used, is written nevertheless: this
    // shows a quota, or a file system that became read-only.
    if (this.#fileBytes >= wantedBytes)
      await writeAll(file, zeros.subarray(0, pageSize), this.#fileBytes - pageSize);
    else await this.#grow(file, Math.ceil(wantedBytes / growthBytes) * growthBytes);
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file !== undefined) return this.#file;
    const file = await open(this.#path, "r+");
    this.#file = file;
    this.#fileBytes = (await file.stat()).size;
    return file;
  }

  async #grow(file: FileHandle, toBytes: number): Promise<void> {
    while (this.#fileBytes < toBytes) {
      const bytes = Math.min(toBytes - this.#fileBytes, growthBytes);
      await writeAll(file, zeros.subarray(0, bytes), this.#fileBytes);
      this.#fileBytes += bytes;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/**
 * Upper bound for what a transaction adds to the file. Each record may change a leaf and a branch
 * page that no other record changes, but no more pages than there are. New pages are at least half
 * full, and each page that becomes free is recorded.
 */
function transactionBytesMax(
  { records, bytes }: TransactionSize,
  file: { usedBytes: number; pageSize: number },
): number {
  const changedBytes = Math.min(2 * records * file.pageSize, 2 * file.usedBytes);
  const freeListBytes = file.usedBytes / 256;
  return 3 * bytes + changedBytes + freeListBytes;
}
