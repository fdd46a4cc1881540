/** One file of the log: a header, frames one after the other, then zeros. */
import { Buffer } from "node:buffer";
import { closeSync, constants, openSync, readSync, write } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Sequence } from "../../../replication/types.ts";
import { fileMode } from "../format/access.ts";
import type { FrameNumber } from "../format/commit-point.ts";

/** No file is larger: far above the size that is followed by another one, and one flush on top. */
export const fileBytesMax = 512 * 1024 * 1024;

const magic = Buffer.from("quorumkv", "latin1");
const version = 1;
/** Magic, version, salt, number of the first frame, checksum, unused. */
export const fileHeaderBytes = 32;

/**
 * With O_DSYNC, a write returns when its bytes are on the disk. It is therefore the flush, and takes
 * one trip to another thread rather than two.
 */
const openFlags = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC;
/**
 * A file grows by this much at a time, filled with zeros. A frame is then written to blocks that the
 * file already has, and its flush does not include metadata of the file system.
 */
const growthBytes = 1024 * 1024;
const zeros = Buffer.alloc(growthBytes);

/** `00000000000000000042.log` begins with frame 42. */
export const fileName = (first: FrameNumber): string => `${String(first).padStart(20, "0")}.log`;

/** The first frame of the file with this name; undefined where the name is not one of a log file. */
export function firstFrameOf(name: string): FrameNumber | undefined {
  const digits = /^(\d{20})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The path of the log file that begins with a frame. */
export const filePath = (directory: string, first: FrameNumber): string =>
  join(directory, fileName(first));

/** Reads and writes are by offset. The caller appends one frame at a time. */
export class LogFile {
  /** Number of the first frame, which also names the file. */
  readonly first: FrameNumber;
  readonly salt: number;
  readonly path: string;
  /** Kept open, so that a read cannot fail for lack of file descriptors. */
  #descriptor: number | undefined;
  #takesFrames = false;
  /** Invariant: header and frames end at `bytes`; zeros follow up to `allocated`. */
  bytes: number;
  allocated: number;
  /** Number of the last frame; `first - 1` while there is none. */
  last: FrameNumber;
  /** Highest sequence of an entry in this file; 0 while there is none. */
  newest: Sequence = 0;

  constructor(options: { directory: string; first: FrameNumber; salt: number }) {
    this.first = options.first;
    this.salt = options.salt;
    this.path = filePath(options.directory, options.first);
    this.last = options.first - 1;
    this.bytes = fileHeaderBytes;
    this.allocated = 0;
  }

  /** Whether the file is open for writing. */
  get takesFrames(): boolean {
    return this.#takesFrames;
  }

  openForReading(): void {
    this.#descriptor ??= openSync(this.path, "r");
  }

  /** Opens the file for frames. A new file gets its header, flushed. */
  async openForWriting(): Promise<void> {
    if (!this.#takesFrames) {
      const descriptor = openSync(this.path, openFlags, fileMode);
      this.close();
      this.#descriptor = descriptor;
      this.#takesFrames = true;
    }
    if (this.allocated > 0) return;
    await this.#write(header(this), 0);
    this.allocated = fileHeaderBytes;
  }

  /** Whether that many more bytes fit into blocks that the file already has. */
  hasRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.allocated;
  }

  /**
   * Allocates blocks for that many more bytes, without touching a frame. Rejects where they do not
   * fit; blocks allocated before the error stay.
   */
  async grow(bytes: number): Promise<void> {
    const wanted = Math.ceil((this.bytes + bytes) / growthBytes) * growthBytes;
    let at = Math.max(this.allocated, fileHeaderBytes);
    try {
      while (at < wanted) {
        at += await this.#write(zeros.subarray(0, Math.min(zeros.length, wanted - at)), at);
        this.allocated = at;
      }
    } catch (error) {
      if (!this.hasRoomFor(bytes)) throw error;
    }
  }

  /** Writes a frame behind the others. `done` is called once it is flushed or has failed. */
  append(frame: Buffer, done: (error: Error | undefined) => void): void {
    write(this.#open(), frame, 0, frame.length, this.bytes, (error, written) => {
      if (error) return done(error);
      if (written < frame.length) return done(shortWrite(written, frame.length));
      this.bytes += frame.length;
      this.last += 1;
      done(undefined);
    });
  }

  /** Reads exactly that many bytes. Throws where the file ends before. */
  read(at: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes);
    const descriptor = this.#open();
    let filled = 0;
    while (filled < bytes) {
      const read = readSync(descriptor, buffer, filled, bytes - filled, at + filled);
      if (read === 0) throw new Error(`${this.path} ends before byte ${at + bytes}`);
      filled += read;
    }
    return buffer;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#takesFrames = false;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.path} is not open`);
    return this.#descriptor;
  }

  #write(bytes: Buffer, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#open(), bytes, 0, bytes.length, at, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    });
  }
}

const shortWrite = (written: number, bytes: number): Error =>
  new Error(`only ${written} of ${bytes} bytes were written`);

function header({ first, salt }: LogFile): Buffer {
  const bytes = Buffer.alloc(fileHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeDoubleLE(first, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

/** Reads the header of a file; undefined where it is missing, incomplete or damaged. */
export function readHeader(file: Buffer): { first: FrameNumber; salt: number } | undefined {
  if (file.length < fileHeaderBytes || !file.subarray(0, 8).equals(magic)) return undefined;
  if (crc32(file.subarray(0, 24)) !== file.readUInt32LE(24)) return undefined;
  if (file.readUInt32LE(8) !== version) return undefined;
  return { first: file.readDoubleLE(16), salt: file.readUInt32LE(12) };
}
