/** One file of the log: a header, frames one after the other, zeros up to its end. */
import { Buffer } from "node:buffer";
import { closeSync, constants, openSync, readSync, write } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Sequence } from "../../../replication/types.ts";
import type { FrameNumber } from "../commit-point.ts";

const MAGIC = Buffer.from("quorumkv", "latin1");
const VERSION = 1;
export const FILE_HEADER_BYTES = 32;

/**
 * What is written returns from the system call when it is on the disk: `write` then is the flush,
 * in one trip to another thread.
 */
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_DSYNC;
/**
 * A file grows by zeros, this much at a time. A frame then lies in blocks that the file already
 * has, and its flush need not flush the file system's own notes as well.
 */
export const GROWTH_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(GROWTH_BYTES);

/** `00000000000000000042.log` begins with frame 42. */
export const fileName = (first: FrameNumber): string => `${String(first).padStart(20, "0")}.log`;
export const numberOf = (name: string): FrameNumber | undefined => {
  const digits = /^(\d{20})\.log$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export class LogFile {
  /** Number of its first frame, which also names it. */
  readonly first: FrameNumber;
  readonly salt: number;
  readonly path: string;
  /** Kept as long as the file is: reading must not fail because others took all descriptors. */
  #descriptor: number | undefined;
  #takesFrames = false;
  /** Invariant: header and frames take up `bytes`; from there to `allocated` there are zeros. */
  bytes: number;
  allocated: number;
  /** Number of its last frame; `first - 1` while it has none. */
  last: FrameNumber;
  /** Highest sequence of an entry in it; 0 while it has none. */
  newest: Sequence = 0;

  constructor(is: { directory: string; first: FrameNumber; salt: number }) {
    this.first = is.first;
    this.salt = is.salt;
    this.path = join(is.directory, fileName(is.first));
    this.last = is.first - 1;
    this.bytes = FILE_HEADER_BYTES;
    this.allocated = 0;
  }

  get takesFrames(): boolean {
    return this.#takesFrames;
  }

  openForReading(): void {
    this.#descriptor ??= openSync(this.path, "r");
  }

  /** Opens it for frames. A file that was not begun before gets its header, flushed. */
  async begin(): Promise<void> {
    if (!this.#takesFrames) {
      const descriptor = openSync(this.path, OPEN_FLAGS, 0o644);
      this.close();
      this.#descriptor = descriptor;
      this.#takesFrames = true;
    }
    if (this.allocated > 0) return;
    await this.#write(header(this), 0);
    this.allocated = FILE_HEADER_BYTES;
  }

  /** Room for that many bytes more, in blocks that the file has. */
  hasRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.allocated;
  }

  /** Makes room. No frame is touched; what was gained before a failure is kept, and may do. */
  async grow(bytes: number): Promise<void> {
    const wanted = Math.ceil((this.bytes + bytes) / GROWTH_BYTES) * GROWTH_BYTES;
    let at = Math.max(this.allocated, FILE_HEADER_BYTES);
    try {
      while (at < wanted) {
        at += await this.#write(ZEROS.subarray(0, Math.min(ZEROS.length, wanted - at)), at);
        this.allocated = at;
      }
    } catch (error) {
      if (!this.hasRoomFor(bytes)) throw error;
    }
  }

  /** Writes a frame behind the others; `done` is called when it is flushed. */
  put(frame: Buffer, done: (error: Error | undefined) => void): void {
    write(this.#open(), frame, 0, frame.length, this.bytes, (error, written) => {
      if (error) return done(error);
      if (written < frame.length) return done(new Error(`${written} of ${frame.length} written`));
      this.bytes += frame.length;
      this.last += 1;
      done(undefined);
    });
  }

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

function header({ first, salt }: LogFile): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(salt, 12);
  bytes.writeDoubleLE(first, 16);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
  return bytes;
}

/** What a file's header says; undefined where it has none, or a damaged one. */
export function readHeader(file: Buffer): { first: FrameNumber; salt: number } | undefined {
  if (file.length < FILE_HEADER_BYTES || !file.subarray(0, 8).equals(MAGIC)) return undefined;
  if (crc32(file.subarray(0, 24)) !== file.readUInt32LE(24)) return undefined;
  if (file.readUInt32LE(8) !== VERSION) return undefined;
  return { first: file.readDoubleLE(16), salt: file.readUInt32LE(12) };
}
