/**
 * Room in LMDB's data file, made before a transaction needs it. LMDB must not be the one to find the
 * disk full: where it cannot write a page, lmdb 3.5.6 puts the news into a buffer that is too small
 * for it, and the process dies of its broken heap.
 */
import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { writeAll } from "../files.ts";
import { newestMeta } from "./file.ts";

/** What a transaction is going to write. */
export interface Needs {
  readonly records: number;
  /** Of all records together. */
  readonly bytes: number;
}

const GROWTH_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(GROWTH_BYTES);

export class Room {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects where the disk has no room; then nothing of the store was touched. */
  async make(needs: Needs): Promise<void> {
    this.#file ??= await open(this.#path, "r+");
    const { pageSize, lastPage } = await newestMeta(this.#file);
    const used = (lastPage + 1) * pageSize;
    const wanted = used + GROWTH_BYTES + bytesOf(needs, { used, pageSize });
    const { size } = await this.#file.stat();
    // A file system that was made read-only, or a quota, shows at the last page, which is never used.
    const from = size < wanted ? size : size - pageSize;
    const to = size < wanted ? Math.ceil(wanted / GROWTH_BYTES) * GROWTH_BYTES : size;
    for (let at = from; at < to; at += GROWTH_BYTES)
      await writeAll(this.#file, ZEROS.subarray(0, Math.min(to - at, GROWTH_BYTES)), at);
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/**
 * More than LMDB takes. Each record may change a leaf and a branch that no other one changes, but no
 * more than there are; new pages are at least half full; and each page that becomes free is noted.
 */
function bytesOf({ records, bytes }: Needs, is: { used: number; pageSize: number }): number {
  const changed = Math.min(2 * records * is.pageSize, 2 * is.used);
  const noted = is.used / 256;
  return 3 * bytes + changed + noted;
}
