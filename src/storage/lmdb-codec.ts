/**
 * How entries, records and the standing are laid down in bytes. Numbers are little-endian doubles,
 * which hold every safe integer; texts are UTF-8.
 */
import { Buffer } from "node:buffer";
import type { Condition, Entry, Operation, Sequence, StoreRecord } from "../replication/types.ts";
import { EMPTY_STANDING, type Standing } from "./apply.ts";

const NUMBER_BYTES = 8;
/** A record: hash, version, origin, then the value. */
const RECORD_HEADER_BYTES = 8 + 2 * NUMBER_BYTES;
/** An entry: epoch, origin, number of operations, then the operations. */
const ENTRY_HEADER_BYTES = 2 * NUMBER_BYTES + 4;
/** An operation: which parts it has, length of key and value, condition, key, value. */
const OPERATION_HEADER_BYTES = 1 + 4 + 4;
const HAS_VALUE = 1;
const HAS_CONDITION = 2;

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

  entry(entry: Entry): Buffer {
    const { bytes, start } = this.#room(entryBytesMax(entry));
    bytes.writeDoubleLE(entry.epoch, start);
    bytes.writeDoubleLE(entry.origin, start + 8);
    bytes.writeUInt32LE(entry.operations.length, start + 16);
    let at = start + ENTRY_HEADER_BYTES;
    for (const operation of entry.operations) at = writeOperation(bytes, at, operation);
    return this.#take(start, at);
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

/** Short texts are not measured: three bytes for a UTF-16 unit always suffice. */
const textBytesMax = (text: string): number =>
  text.length < 4096 ? 3 * text.length : Buffer.byteLength(text);

function entryBytesMax(entry: Entry): number {
  let bytes = ENTRY_HEADER_BYTES;
  for (const { key, value } of entry.operations) {
    bytes += OPERATION_HEADER_BYTES + 2 * NUMBER_BYTES + textBytesMax(key);
    if (value !== undefined) bytes += textBytesMax(value);
  }
  return bytes;
}

function writeOperation(bytes: Buffer, start: number, operation: Operation): number {
  const { key, value, condition } = operation;
  let at = start + OPERATION_HEADER_BYTES;
  if (condition) {
    bytes.writeDoubleLE(condition.version, at);
    bytes.writeDoubleLE(condition.origin, at + NUMBER_BYTES);
    at += 2 * NUMBER_BYTES;
  }
  const keyBytes = bytes.write(key, at, "utf8");
  const valueBytes = value === undefined ? 0 : bytes.write(value, at + keyBytes, "utf8");
  bytes[start] = (value === undefined ? 0 : HAS_VALUE) | (condition ? HAS_CONDITION : 0);
  bytes.writeUInt32LE(keyBytes, start + 1);
  bytes.writeUInt32LE(valueBytes, start + 5);
  return at + keyBytes + valueBytes;
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

export function readEntry(sequence: Sequence, bytes: Buffer): Entry {
  const count = bytes.readUInt32LE(16);
  const operations: Operation[] = [];
  let at = ENTRY_HEADER_BYTES;
  for (let index = 0; index < count; index += 1) {
    const parts = bytes[at] ?? 0;
    const keyBytes = bytes.readUInt32LE(at + 1);
    const valueBytes = bytes.readUInt32LE(at + 5);
    at += OPERATION_HEADER_BYTES;
    let condition: Condition | undefined;
    if (parts & HAS_CONDITION) {
      condition = { version: bytes.readDoubleLE(at), origin: bytes.readDoubleLE(at + 8) };
      at += 2 * NUMBER_BYTES;
    }
    const valueStart = at + keyBytes;
    const key = bytes.toString("utf8", at, valueStart);
    at = valueStart + valueBytes;
    const value = parts & HAS_VALUE ? bytes.toString("utf8", valueStart, at) : undefined;
    operations.push({
      key,
      ...(value !== undefined && { value }),
      ...(condition && { condition }),
    });
  }
  return { sequence, epoch: readEpoch(bytes), origin: bytes.readDoubleLE(8), operations };
}

export const readEpoch = (bytes: Buffer): number => bytes.readDoubleLE(0);

/** lmdb hands large values out as plain byte arrays over its map. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Which of the two stores is the present one. */
export type StoreIndex = 0 | 1;

/** What changes with nearly every transaction, in one record. */
export interface Footing {
  readonly standing: Standing;
  readonly active: StoreIndex;
  /** The log holds nothing up to here; what is still on disk is rubbish on its way out. */
  readonly forgotten: Sequence;
}

export const EMPTY_FOOTING: Footing = { standing: EMPTY_STANDING, active: 0, forgotten: 0 };

export function writeFooting({ standing, active, forgotten }: Footing): Buffer {
  const bytes = Buffer.allocUnsafeSlow(33);
  bytes.writeDoubleLE(standing.applied, 0);
  bytes.writeBigUInt64LE(standing.sum, 8);
  bytes.writeDoubleLE(standing.keys, 16);
  bytes.writeDoubleLE(forgotten, 24);
  bytes[32] = active;
  return bytes;
}

export function readFooting(bytes: Buffer): Footing {
  const applied = bytes.readDoubleLE(0);
  const sum = bytes.readBigUInt64LE(8);
  const keys = bytes.readDoubleLE(16);
  const active = bytes[32] === 1 ? 1 : 0;
  return { standing: { applied, sum, keys }, active, forgotten: bytes.readDoubleLE(24) };
}
