/**
 * How records and the commitPoint are laid down in LMDB. Numbers are little-endian doubles, which hold
 * every safe integer; texts are UTF-8.
 */
import { Buffer } from "node:buffer";
import type { StoreRecord } from "../../../replication/types.ts";
import { EMPTY_STANDING } from "../../apply.ts";
import type { CommitPoint, FrameNumber } from "../commit-point.ts";
import { textBytesMax } from "../log/entry-codec.ts";

/** A record: hash, version, origin, then the value. */
const RECORD_HEADER_BYTES = 8 + 2 * 8;

const ARENA_BYTES = 256 * 1024;
const KEPT_ARENA_BYTES = 8 * 1024 * 1024;

/**
 * Takes the bytes of one transaction. They stay where they are until the next one begins, because
 * the writing thread reads them from there.
 */
export class Arena {
  #bytes = Buffer.allocUnsafeSlow(ARENA_BYTES);
  #used = 0;

  /** The transaction before is over. */
  reset(): void {
    this.#used = 0;
    if (this.#bytes.length > KEPT_ARENA_BYTES) this.#bytes = Buffer.allocUnsafeSlow(ARENA_BYTES);
  }

  record(record: StoreRecord, hash: bigint): Buffer {
    const { bytes, start } = this.#room(RECORD_HEADER_BYTES + textBytesMax(record.value));
    bytes.writeBigUInt64LE(hash, start);
    bytes.writeDoubleLE(record.version, start + 8);
    bytes.writeDoubleLE(record.origin, start + 16);
    const end = start + RECORD_HEADER_BYTES;
    return this.#take(start, end + bytes.write(record.value, end, "utf8"));
  }

  /** Room for that many bytes; what was taken before keeps its place. */
  #room(bytesMax: number): { bytes: Buffer; start: number } {
    if (this.#used + bytesMax > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, bytesMax));
      this.#used = 0;
    }
    return { bytes: this.#bytes, start: this.#used };
  }

  #take(start: number, end: number): Buffer {
    this.#used = end;
    return this.#bytes.subarray(start, end);
  }
}

/** What `bytes` holds; it may be longer than what was written into it, which `size` tells. */
export function readRecord(bytes: Buffer, size: number): Omit<StoreRecord, "key"> {
  return {
    value: bytes.toString("utf8", RECORD_HEADER_BYTES, size),
    version: bytes.readDoubleLE(8),
    origin: bytes.readDoubleLE(16),
  };
}

export const readHash = (bytes: Buffer): bigint => bytes.readBigUInt64LE(0);

/** lmdb hands large values out as plain byte arrays over its map. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Where the stores in LMDB stand, and which log file a restart begins to read. */
export interface Checkpoint {
  readonly commitPoint: CommitPoint;
  /** Number of the first frame of the oldest log file that is needed. */
  readonly oldestFile: FrameNumber;
}

export const NO_CHECKPOINT: Checkpoint = {
  commitPoint: { frame: 0, standing: EMPTY_STANDING, active: 0, forgotten: 0 },
  oldestFile: 1,
};

/** A checkpoint without the history, as earlier versions wrote it; one with it is longer. */
const CHECKPOINT_BYTES = 49;

export function writeCheckpoint({ commitPoint, oldestFile }: Checkpoint): Buffer {
  const { frame, standing, active, forgotten } = commitPoint;
  const { history = "" } = standing;
  const bytes = Buffer.allocUnsafeSlow(CHECKPOINT_BYTES + history.length / 2);
  bytes.writeDoubleLE(standing.applied, 0);
  bytes.writeBigUInt64LE(standing.sum, 8);
  bytes.writeDoubleLE(standing.keys, 16);
  bytes.writeDoubleLE(forgotten, 24);
  bytes[32] = active;
  bytes.writeDoubleLE(frame, 33);
  bytes.writeDoubleLE(oldestFile, 41);
  bytes.write(history, CHECKPOINT_BYTES, "hex");
  return bytes;
}

export function readCheckpoint(bytes: Buffer): Checkpoint {
  const standing = {
    applied: bytes.readDoubleLE(0),
    sum: bytes.readBigUInt64LE(8),
    keys: bytes.readDoubleLE(16),
    history: bytes.toString("hex", CHECKPOINT_BYTES) || undefined,
  };
  const commitPoint: CommitPoint = {
    standing,
    forgotten: bytes.readDoubleLE(24),
    active: bytes[32] === 1 ? 1 : 0,
    frame: bytes.readDoubleLE(33),
  };
  return { commitPoint, oldestFile: bytes.readDoubleLE(41) };
}
