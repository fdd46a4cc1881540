/** Explains why a flush failed, in words for an operator, and whether a retry can succeed. */
import { Buffer } from "node:buffer";
import { open, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { fileMode } from "./format/access.ts";
import { dataFile } from "./lmdb/data-file.ts";
import type { AppendFailure } from "./log/log-files.ts";

/** Why a batch was refused. */
export interface WriteFailure {
  /** One sentence that names the system's error: "no space left on device (ENOSPC)". */
  readonly reason: string;
  /** Nothing may be written any more until the process is restarted. */
  readonly fatal: boolean;
}

const eio = 5;
const untilRestart = "; nothing is written until this node is restarted";
/** MDB_MAP_FULL and MDB_TXN_FULL: the transaction was dropped, and a later one may succeed. */
const transientLmdbErrors = new Set([-30792, -30788]);
/** The package adds this text where data pages, which nothing refers to yet, were being written. */
const writingPages = "Attempting to write page";
const freeBytesEnough = 64 * 1024 * 1024;

/**
 * Explains the error of a failed LMDB transaction. Data pages that could not be written do no harm:
 * the next attempt writes all of them again. After a failed flush, however, the kernel may have
 * discarded what it held, and a later flush would succeed without it. And where the meta page could
 * not be written, LMDB refuses all further work. Both are fatal: only a restart reads what is
 * really on the disk.
 * LMDB reports a short write as EIO, which also happens where the disk is nearly full or the file
 * is at its size limit. These two cases are therefore ruled out before an EIO counts as fatal.
 */
export async function explainStoreFailure(
  failed: unknown,
  directory: string,
): Promise<WriteFailure> {
  const errno = errnoOf(failed);
  // Space could not be reserved for the transaction, which was therefore not begun.
  if (errno !== undefined) return failure(sentence(errno, failed), errno === eio);
  const error = await causeOf(failed);
  const code = codeOf(error);
  if (code === eio && (await isShortOfSpace(directory).catch(() => false)))
    return failure("no room for the whole batch (short write)", false);
  const isTransient = isAboutPages(error) || (code !== undefined && transientLmdbErrors.has(code));
  return failure(sentence(code, error), code === eio || !isTransient);
}

/**
 * Explains why a frame was refused. Where there was no room for it, nothing was written, and a
 * retry may succeed. Once its write has begun, any error leaves it unknown what is on the disk.
 */
export function explainLogFailure({ type, error }: AppendFailure): WriteFailure {
  const errno = errnoOf(error);
  return failure(sentence(errno, error), type === "unsure" || errno === eio);
}

const failure = (reason: string, fatal: boolean): WriteFailure => ({
  reason: fatal ? reason + untilRestart : reason,
  fatal,
});

/** The errno of an error that Node.js raised; undefined for errors of LMDB. */
const errnoOf = (error: unknown): number | undefined =>
  error instanceof Error && "errno" in error ? Math.abs(Number(error.errno)) : undefined;

const isAboutPages = (error: unknown): boolean =>
  error instanceof Error && error.message.includes(writingPages);

/** The package hides the cause of a failed commit in a promise that is rejected with it. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && "commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;

/** A positive code is an errno of the system. LMDB's own codes are negative. */
function sentence(code: number | undefined, error: unknown): string {
  const known = code !== undefined && code > 0 ? getSystemErrorMap().get(-code) : undefined;
  if (known) return `${known[1]} (${known[0]})`;
  return error instanceof Error ? error.message : String(error);
}

/** Whether the disk is nearly full, or this process may not write larger files. */
async function isShortOfSpace(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < freeBytesEnough) return true;
  return isAtSizeLimit(directory);
}

/** Tries the limit with another file: one byte, well behind where the data file ends. */
async function isAtSizeLimit(directory: string): Promise<boolean> {
  const probe = join(directory, "probe.tmp");
  const { size } = await stat(dataFile(directory));
  const file = await open(probe, "w", fileMode);
  try {
    await file.write(Buffer.alloc(1), 0, 1, size + freeBytesEnough);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EFBIG";
  } finally {
    await file.close();
    await rm(probe, { force: true });
  }
}
