/** What the disk storage needs of the file system beyond single calls of node:fs. */
import type { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makeFile } from "./access.ts";

/** Only ever locked; it stays empty. */
export const lockFile = "in-use.lock";

const sqliteBusy = 5;

/**
 * Keeps other processes out of a directory until this process ends, in whatever way: the operating
 * system then releases its file locks. Without the lock, LMDB would let two nodes write to one
 * store by turns. Node.js has no file locks of its own, but SQLite takes them.
 * Returns a function that releases the directory, or undefined where another process holds it.
 */
export async function lockDirectory(directory: string): Promise<(() => void) | undefined> {
  const path = join(directory, lockFile);
  // SQLite has no say in the mode of what it makes.
  await makeFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // With its journal in memory, SQLite writes nothing, so that a node also starts on a full disk.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy)
      return undefined;
    throw error;
  }
}

/**
 * Makes the names in a directory durable. Until then a power cut may remove a new file from its
 * directory, however well its content was flushed.
 */
export async function flushDirectory(directory: string): Promise<void> {
  const folder = await open(directory, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes all of the bytes at an offset, in as many calls as the system needs. */
export async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
