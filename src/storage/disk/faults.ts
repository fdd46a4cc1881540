/** Why a flush failed, in words, and whether it makes sense to try again. */
import { Buffer } from "node:buffer";
import { open, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { getSystemErrorMap } from "node:util";
import { dataFile } from "./lmdb/file.ts";
import type { AppendFailure } from "./log/log-files.ts";

export interface WriteFailure {
  readonly reason: string;
  /** Nothing may be written any more until the process starts again. */
  readonly fatal: boolean;
}

const EIO = 5;
const LASTS = "; nothing is written until this node is restarted";
/** LMDB's own errors that pass: the map is full, or the batch was too big for one transaction. */
const LMDB_PASSING = new Set([-30792, -30788]);
/** What LMDB adds where it was writing data pages, which nothing refers to yet. */
const WRITING_PAGES = "Attempting to write page";
const FREE_BYTES_ENOUGH = 64 * 1024 * 1024;

/**
 * Explains the error of a failed transaction of LMDB. Data pages that could not be written do no harm: the
 * next attempt writes all of them again. But after a failed flush the kernel may have thrown away
 * what it held, and a later flush would succeed without it; and when the meta page fails, LMDB
 * refuses all further work. Both last until a restart, which reads what is really on the disk.
 * LMDB reports a write cut short as EIO, which is what a disk just running full or a file at its
 * size limit looks like, so those are looked for.
 */
export async function explainStoreFailure(
  failed: unknown,
  directory: string,
): Promise<WriteFailure> {
  const refused = errnoOf(failed);
  // Room was to be made for the transaction, which then was not begun.
  if (refused !== undefined) return failure(sentence(refused, failed), refused === EIO);
  const error = await causeOf(failed);
  const code = codeOf(error);
  if (code === EIO && (await isShortOfRoom(directory).catch(() => false)))
    return failure("no room for the whole batch (short write)", false);
  const passes = isAboutPages(error) || (code !== undefined && LMDB_PASSING.has(code));
  return failure(sentence(code, error), code === EIO || !passes);
}

/**
 * Explains why a frame was refused. Where there was no room for it, nothing was written, and it may
 * be tried again. Once it was on its way, whatever went wrong, nobody knows what is on the disk.
 */
export function explainLogFailure({ is, error }: AppendFailure): WriteFailure {
  const errno = errnoOf(error);
  return failure(sentence(errno, error), is === "unsure" || errno === EIO);
}

const failure = (reason: string, fatal: boolean): WriteFailure => ({
  reason: fatal ? reason + LASTS : reason,
  fatal,
});

/** Of an error of Node's own. */
const errnoOf = (error: unknown): number | undefined =>
  error instanceof Error && "errno" in error ? Math.abs(Number(error.errno)) : undefined;

const isAboutPages = (error: unknown): boolean =>
  error instanceof Error && error.message.includes(WRITING_PAGES);

/** lmdb hides the cause of a failed commit in a promise that is rejected with it. */
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

function sentence(code: number | undefined, error: unknown): string {
  const known = code !== undefined && code > 0 ? getSystemErrorMap().get(-code) : undefined;
  if (known) return `${known[1]} (${known[0]})`;
  return error instanceof Error ? error.message : String(error);
}

/** Whether the disk is nearly full, or this process may not write larger files. */
async function isShortOfRoom(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < FREE_BYTES_ENOUGH) return true;
  return isAtSizeLimit(directory);
}
/** A file that begins where the data file ends runs into the same limit. */
async function isAtSizeLimit(directory: string): Promise<boolean> {
  const probe = join(directory, "probe.tmp");
  const { size } = await stat(dataFile(directory));
  const file = await open(probe, "w");
  try {
    await file.write(Buffer.alloc(1), 0, 1, size + FREE_BYTES_ENOUGH);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EFBIG";
  } finally {
    await file.close();
    await rm(probe, { force: true });
  }
}
