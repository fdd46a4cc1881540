/**
 * How records and checkpoints are encoded in LMDB. Numbers are little-endian doubles, which hold
 * every safe integer; texts are UTF-8.
 */
import { Buffer, isUtf8 } from "node:buffer";
import type { StoreRecord } from "../../../replication/types.ts";
import { valueBytesMax } from "../../../request-limits.ts";
import { type Checkpoint, checkedCommitPoint } from "../format/commit-point.ts";
import { DataDamaged, mustHold, wholeNumber } from "../format/damage.ts";
import { textBytesMax } from "../format/encoding.ts";

/** A record: hash, version, origin, then the value. */
const recordHeaderBytes = 8 + 2 * 8;

const arenaBytes = 256 * 1024;
const keptArenaBytes = 8 * 1024 * 1024;

/**
 * Memory for the records of one transaction. LMDB's writing thread reads them from there, so they
 * must not move or change before the transaction is over.
 */
export class Arena {
  #bytes = Buffer.allocUnsafeSlow(arenaBytes);
  #used = 0;

  /** Call it once the transaction before is over. */
  reset(): void {
    this.#used = 0;
    if (this.#bytes.length > keptArenaBytes) this.#bytes = Buffer.allocUnsafeSlow(arenaBytes);
  }

  /** The encoded record, valid until `reset`. */
  record(record: StoreRecord, hash: bigint): Buffer {
    const { bytes, start } = this.#reserve(recordHeaderBytes + textBytesMax(record.value));
    bytes.writeBigUInt64LE(hash, start);
    bytes.writeDoubleLE(record.version, start + 8);
    bytes.writeDoubleLE(record.origin, start + 16);
    const valueStart = start + recordHeaderBytes;
    const end = valueStart + bytes.write(record.value, valueStart, "utf8");
    this.#used = end;
    return bytes.subarray(start, end);
  }

  /** Space for `bytesMax` more bytes. A new buffer leaves earlier records where they are. */
  #reserve(bytesMax: number): { bytes: Buffer; start: number } {
    if (this.#used + bytesMax > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, bytesMax));
      this.#used = 0;
    }
    return { bytes: this.#bytes, start: this.#used };
  }
}

/** Decodes a record of `size` bytes. The buffer may be longer. Throws DataDamaged. */
export function readRecord(bytes: Buffer, size: number): Omit<StoreRecord, "key"> {
  const valueBytes = size - recordHeaderBytes;
  if (valueBytes < 0 || valueBytes > valueBytesMax)
    throw new DataDamaged(`a record has ${size} bytes`);
  const version = wholeNumber(bytes.readDoubleLE(8), "the version of a record", 1);
  const origin = wholeNumber(bytes.readDoubleLE(16), "the origin of a record");
  mustHold(isUtf8(bytes.subarray(recordHeaderBytes, size)), "a value is not UTF-8");
  return { value: bytes.toString("utf8", recordHeaderBytes, size), version, origin };
}

/** The hash of an encoded record of `size` bytes. Throws DataDamaged. */
export function readHash(bytes: Buffer, size: number): bigint {
  if (size < recordHeaderBytes) throw new DataDamaged(`a record has ${size} bytes`);
  return bytes.readBigUInt64LE(0);
}

/** The same bytes as a Buffer. lmdb returns large values as plain byte arrays over its map. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** A checkpoint without a history, as earlier versions wrote it. A history follows these bytes. */
const checkpointBytes = 49;
const historyBytes = 8;

export function writeCheckpoint({ commitPoint, oldestFile }: Checkpoint): Buffer {
  const { frame, standing, active, compactedTo } = commitPoint;
  const { history = "" } = standing;
  const bytes = Buffer.allocUnsafeSlow(checkpointBytes + history.length / 2);
  bytes.writeDoubleLE(standing.applied, 0);
  bytes.writeBigUInt64LE(standing.sum, 8);
  bytes.writeDoubleLE(standing.keys, 16);
  bytes.writeDoubleLE(compactedTo, 24);
  bytes[32] = active;
  bytes.writeDoubleLE(frame, 33);
  bytes.writeDoubleLE(oldestFile, 41);
  bytes.write(history, checkpointBytes, "hex");
  return bytes;
}

/** Reads what `writeCheckpoint` wrote, in this version or one without histories. Throws DataDamaged. */
export function readCheckpoint(bytes: Buffer): Checkpoint {
  const isWhole =
    bytes.length === checkpointBytes || bytes.length === checkpointBytes + historyBytes;
  mustHold(isWhole, `the checkpoint has ${bytes.length} bytes`);
  const standing = {
    applied: bytes.readDoubleLE(0),
    sum: bytes.readBigUInt64LE(8),
    keys: bytes.readDoubleLE(16),
    history: bytes.toString("hex", checkpointBytes) || undefined,
  };
  const commitPoint = checkedCommitPoint({
    standing,
    compactedTo: bytes.readDoubleLE(24),
    active: bytes[32] ?? 0,
    frame: bytes.readDoubleLE(33),
  });
  const oldestFile = wholeNumber(bytes.readDoubleLE(41), "the oldest log file", 1);
  return { commitPoint, oldestFile };
}
