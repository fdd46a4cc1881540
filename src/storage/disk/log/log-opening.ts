/** Reads the log files at a start, and finds where the last flush ended. */
import { Buffer } from "node:buffer";
import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FrameNumber } from "../format/commit-point.ts";
import { writeAll } from "../format/file-system.ts";
import { alignmentBytes, type Frame, frameAt, readFrame } from "./frame.ts";
import {
  fileHeaderBytes,
  fileName,
  filePath,
  firstFrameOf,
  LogFile,
  readHeader,
} from "./log-file.ts";

/** The log is damaged. The message says where. */
export class LogDamaged extends Error {
  override readonly name = "LogDamaged";
}

/** Called for each whole frame, in order, with its file and its offset there. */
type OnFrame = (frame: Frame, place: { file: LogFile; at: number }) => void;

/**
 * Reads every frame from the file that begins with frame `oldest` on, and returns the open files.
 * Older files were left over by a removal and are removed. An incomplete frame at the very end of
 * the log is a flush that was cut off. Anywhere else it is damage, and LogDamaged is thrown.
 */
export async function openLog(
  directory: string,
  oldest: FrameNumber,
  onFrame: OnFrame,
): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const numbers = await filesFrom(directory, oldest);
  let expected = oldest;
  try {
    for (const [index, first] of numbers.entries()) {
      const isLast = index === numbers.length - 1;
      if (first !== expected) throw new LogDamaged(`frame ${expected} of the log is missing`);
      await readLogFile({ directory, first, isLast }, { onFrame, opened: files });
      expected = (files.at(-1)?.last ?? 0) + 1;
    }
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
  return files;
}

async function filesFrom(directory: string, oldest: FrameNumber): Promise<FrameNumber[]> {
  const names = await readdir(directory);
  const numbers = names
    .flatMap((name) => firstFrameOf(name) ?? [])
    .sort((left, right) => left - right);
  for (const number of numbers)
    if (number < oldest) await rm(filePath(directory, number), { force: true });
  return numbers.filter((number) => number >= oldest);
}

/** Adds the file to `opened` unless it holds nothing. */
async function readLogFile(
  { directory, first, isLast }: { directory: string; first: FrameNumber; isLast: boolean },
  { onFrame, opened }: { onFrame: OnFrame; opened: LogFile[] },
): Promise<void> {
  const path = filePath(directory, first);
  const bytes = await readFile(path);
  const header = readHeader(bytes);
  if (header === undefined) {
    // A file whose creation was cut off: frames are written only once its header is flushed.
    if (!isLast || !isZero(bytes.subarray(fileHeaderBytes)))
      throw new LogDamaged(`the header of ${path} is incomplete or damaged`);
    await rm(path);
    return;
  }
  if (header.first !== first)
    throw new LogDamaged(`the header of ${path} belongs to ${fileName(header.first)}`);
  const file = new LogFile({ directory, first, salt: header.salt });
  file.allocated = bytes.length;
  file.openForReading();
  opened.push(file);
  const lastFrameAt = readFrames(file, bytes, onFrame);
  if (isLast) await endHere(file, bytes, lastFrameAt);
}

/** Returns the offset of the last frame, or of the end of the header where there is none. */
function readFrames(file: LogFile, bytes: Buffer, onFrame: OnFrame): number {
  let lastAt = file.bytes;
  for (;;) {
    const found = frameAt(bytes, file.bytes, file.salt);
    if (found === undefined || found.number !== file.last + 1) return lastAt;
    lastAt = file.bytes;
    const frame = readFrame(bytes, file.bytes);
    onFrame(frame, { file, at: file.bytes });
    file.bytes += frame.bytes;
    file.last += 1;
  }
}

/**
 * Ends the log behind the last whole frame, unless a later frame shows that bytes before it are
 * damaged: flushes are never concurrent. What follows is overwritten with zeros.
 * The last whole frame may be readable without being on the disk: after a failed write the kernel
 * keeps the bytes and has nothing left to flush. It is therefore written again, and so is the
 * header, before anybody relies on it.
 */
async function endHere(file: LogFile, bytes: Buffer, lastFrameAt: number): Promise<void> {
  for (let at = file.bytes; at < bytes.length; at += alignmentBytes) {
    const later = frameAt(bytes, at, file.salt);
    if (later !== undefined && later.number > file.last)
      throw new LogDamaged(`${file.path} is corrupt from byte ${file.bytes} on`);
  }
  const rest = bytes.subarray(file.bytes);
  const end = isZero(rest) ? file.bytes : bytes.length;
  rest.fill(0);
  const handle = await open(file.path, "r+");
  try {
    await writeAll(handle, bytes.subarray(0, fileHeaderBytes), 0);
    await writeAll(handle, bytes.subarray(lastFrameAt, end), lastFrameAt);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length));

export const logFolder = "log";

/** Where the log files of a data directory are. */
export const logDirectory = (directory: string): string => join(directory, logFolder);
