/**
 * Reserves space in LMDB's data file before a transaction needs it. LMDB must not be the first to
 * find the disk full: where it cannot write a page, lmdb 3.5.6 formats the error into a buffer that
 * is too small, which corrupts the heap and kills the process.
 */
import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../format/file-system.ts";
import { newestMeta } from "./data-file.ts";

/** What a transaction is going to write. */
export interface TransactionSize {
  readonly records: number;
  /** Of all records together. */
  readonly bytes: number;
}

const growthBytes = 1024 * 1024;
const zeros = Buffer.alloc(growthBytes);

/** Keeps zeros behind the last used page of one data file. */
export class Preallocation {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects where the disk has no room. The store is then untouched. */
  async reserve(size: TransactionSize): Promise<void> {
    this.#file ??= await open(this.#path, "r+");
    const { pageSize, lastPage } = await newestMeta(this.#file);
    const usedBytes = (lastPage + 1) * pageSize;
    const wantedBytes =
      usedBytes + growthBytes + transactionBytesMax(size, { usedBytes, pageSize });
    const { size: fileBytes } = await this.#file.stat();
    const isLargeEnough = fileBytes >= wantedBytes;
    // Where nothing is missing, the last page, which is never used, is written nevertheless: this
    // shows a quota, or a file system that became read-only.
    const from = isLargeEnough ? fileBytes - pageSize : fileBytes;
    const to = isLargeEnough ? fileBytes : Math.ceil(wantedBytes / growthBytes) * growthBytes;
    for (let at = from; at < to; at += growthBytes)
      await writeAll(this.#file, zeros.subarray(0, Math.min(to - at, growthBytes)), at);
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
