/** Reads the log files at a start, and finds where the last flush ended. */
import { Buffer } from "node:buffer";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FrameNumber } from "../format/commit-point.ts";
import { DataDamaged, mustHold } from "../format/damage.ts";
import { writeAll } from "../format/file-system.ts";
import { alignmentBytes, type Frame, frameAt, frameBytesAt, readFrame } from "./frame.ts";
import {
  fileBytesMax,
  fileHeaderBytes,
  fileName,
  filePath,
  firstFrameOf,
  LogFile,
  readHeader,
} from "./log-file.ts";

/** Called for each whole frame, in order, with its file and its offset there. */
type OnFrame = (frame: Frame, place: { file: LogFile; at: number }) => void;

/**
 * Where the log is, the frame that its oldest file begins with, and the last one that the checkpoint
 * covers.
 */
interface Log {
  readonly directory: string;
  readonly oldest: FrameNumber;
  readonly covered: FrameNumber;
}

/**
 * The end of the log is searched for frames behind the damage. A checksum over each place that looks
 * like a frame could take for ever, so the search gives up after so many bytes for each in the file.
 */
const checksumsMax = 64;

/**
 * Reads every frame from the oldest file on, and returns the open files. Older files were left over
 * by a removal and are removed. An incomplete frame at the very end of the log is a flush that was
 * cut off. Anywhere else it is damage, and DataDamaged is thrown; then nothing has been removed.
 */
export async function openLog(
  { directory, oldest, covered }: Log,
  onFrame: OnFrame,
): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const numbers = await fileNumbers(directory);
  const needed = numbers.filter((number) => number >= oldest);
  let expected = oldest;
  try {
    for (const [index, first] of needed.entries()) {
      const isLast = index === needed.length - 1;
      mustHold(first === expected, `frame ${expected} of the log is missing`);
      await readLogFile({ directory, first, isLast }, { onFrame, opened: files });
      expected = (files.at(-1)?.last ?? 0) + 1;
    }
    const reaches = (files.at(-1)?.last ?? 0) >= covered;
    mustHold(reaches, `the log ends before frame ${covered}, which the checkpoint refers to`);
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
  for (const number of numbers)
    if (number < oldest) await rm(filePath(directory, number), { force: true });
  return files;
}

async function fileNumbers(directory: string): Promise<FrameNumber[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => firstFrameOf(name) ?? []).sort((left, right) => left - right);
}

/** Adds the file to `opened` unless it holds nothing. */
async function readLogFile(
  { directory, first, isLast }: { directory: string; first: FrameNumber; isLast: boolean },
  { onFrame, opened }: { onFrame: OnFrame; opened: LogFile[] },
): Promise<void> {
  const path = filePath(directory, first);
  const { size } = await stat(path);
  mustHold(size <= fileBytesMax, `${path} has ${size} bytes`);
  const bytes = await readFile(path);
  const header = readHeader(bytes);
  if (header === undefined) {
    // A file whose creation was cut off: frames are written only once its header is flushed.
    const isEmpty = isLast && isZero(bytes.subarray(fileHeaderBytes));
    mustHold(isEmpty, `the header of ${path} is incomplete or damaged`);
    await rm(path);
    return;
  }
  const isOwn = header.first === first;
  mustHold(isOwn, `the header of ${path} belongs to ${fileName(header.first)}`);
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
    if (found === undefined) return lastAt;
    const next = file.last + 1;
    mustHold(found.number === next, `frame ${found.number} follows frame ${file.last}`);
    lastAt = file.bytes;
    try {
      onFrame(readFrame(bytes, file.bytes), { file, at: file.bytes });
    } catch (error) {
      if (!(error instanceof DataDamaged)) throw error;
      throw new DataDamaged(`in frame ${next} of the log, ${error.message}`, { cause: error });
    }
    file.bytes += found.bytes;
    file.last = next;
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
  checkNothingFollows(file, bytes);
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

/** Throws DataDamaged where a whole frame is behind the end. */
function checkNothingFollows(file: LogFile, bytes: Buffer): void {
  let left = checksumsMax * bytes.length;
  for (let at = file.bytes; at < bytes.length; at += alignmentBytes) {
    const size = frameBytesAt(bytes, at);
    if (size === undefined) continue;
    left -= size;
    const isEnd = left > 0 && frameAt(bytes, at, file.salt) === undefined;
    mustHold(isEnd, `${file.path} is corrupt from byte ${file.bytes} on`);
  }
}

const isZero = (bytes: Buffer): boolean => bytes.equals(Buffer.alloc(bytes.length));

export const logFolder = "log";

/** Where the log files of a data directory are. */
export const logDirectory = (directory: string): string => join(directory, logFolder);
