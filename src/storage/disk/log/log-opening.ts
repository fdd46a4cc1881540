/** Reads the log files that a process left behind, and finds where it was cut off. */
import { Buffer } from "node:buffer";
import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FrameNumber } from "../commit-point.ts";
import { writeAll } from "../files.ts";
import { ALIGNMENT, type Frame, frameAt, readFrame } from "./frame.ts";
import { FILE_HEADER_BYTES, LogFile, numberOf, readHeader } from "./log-file.ts";

/** The log cannot be trusted, for a reason told in half a sentence. */
export class LogDamaged extends Error {
  override readonly name = "LogDamaged";
}

/** Each whole frame, in order, with the file it is in and where it begins there. */
export type OnFrame = (frame: Frame, place: { file: LogFile; at: number }) => void;

/**
 * Reads every frame from the file that begins with frame `oldest` on. Older files are what a
 * removal left over, and are removed. A frame that is not whole is where the last flush was cut
 * off, if it is the very last thing there is; anywhere else it is damage.
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
      if (first !== expected) throw new LogDamaged(`frame ${expected} is missing`);
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
  const numbers = names.flatMap((name) => numberOf(name) ?? []).sort((one, two) => one - two);
  for (const number of numbers)
    if (number < oldest) await rm(new LogFile({ directory, first: number, salt: 0 }).path);
  return numbers.filter((number) => number >= oldest);
}

async function readLogFile(
  is: { directory: string; first: FrameNumber; isLast: boolean },
  { onFrame, opened }: { onFrame: OnFrame; opened: LogFile[] },
): Promise<void> {
  const { directory, first, isLast } = is;
  const path = new LogFile({ directory, first, salt: 0 }).path;
  const bytes = await readFile(path);
  const header = readHeader(bytes);
  if (header === undefined) {
    // A file that was being begun: no frame goes in before its header is flushed.
    if (!isLast || !isZero(bytes.subarray(FILE_HEADER_BYTES)))
      throw new LogDamaged(`the header of ${path} is not whole`);
    await rm(path);
    return;
  }
  if (header.first !== first) throw new LogDamaged(`${path} is named as another file`);
  const file = new LogFile({ directory, first, salt: header.salt });
  file.allocated = bytes.length;
  file.openForReading();
  opened.push(file);
  const lastFrameAt = readFrames(file, bytes, onFrame);
  if (isLast) await endHere(file, bytes, lastFrameAt);
}

/** Returns where the last one begins; where there is none, the end of the header. */
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
 * One flush at a time is under way: a whole frame behind one that is not whole was flushed once. The
 * last whole frame need not be on the disk, although it can be read: after a write that failed, the
 * kernel keeps its bytes, and has nothing to flush any more. So it is written again, and the header
 * as well, before anybody trusts it.
 */
async function endHere(file: LogFile, bytes: Buffer, lastFrameAt: number): Promise<void> {
  for (let at = file.bytes; at < bytes.length; at += ALIGNMENT) {
    const later = frameAt(bytes, at, file.salt);
    if (later !== undefined && later.number > file.last)
      throw new LogDamaged(`${file.path} has damaged bytes from ${file.bytes} on`);
  }
  const rest = bytes.subarray(file.bytes);
  const end = isZero(rest) ? file.bytes : bytes.length;
  rest.fill(0);
  const handle = await open(file.path, "r+");
  try {
    await writeAll(handle, bytes.subarray(0, FILE_HEADER_BYTES), 0);
    await writeAll(handle, bytes.subarray(lastFrameAt, end), lastFrameAt);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length));

export const logDirectory = (directory: string): string => join(directory, "log");
