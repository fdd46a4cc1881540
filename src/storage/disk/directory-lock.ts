import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Keeps other processes out of a directory for as long as this one lives, however it ends: the
 * operating system gives its file locks back. LMDB lets several processes write by turns, which
 * would be two nodes in one store; Node.js has no file locks of its own, but SQLite takes them.
 * Returns how to give the directory back, or undefined where somebody else holds it.
 */
export function lockDirectory(directory: string): (() => void) | undefined {
  const database = new DatabaseSync(join(directory, "in-use.lock"), { timeout: 0 });
  try {
    // Without a journal on disk nothing is written, so a node starts on a full disk, too.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return () => database.close();
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

const SQLITE_BUSY = 5;
const isBusy = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
