/**
 * How an entry is laid down in bytes. Numbers are little-endian doubles, which hold every safe
 * integer; texts are UTF-8. Its sequence stands beside it, not in it.
 */
import { Buffer } from "node:buffer";
import type { Condition, Entry, Operation, Sequence } from "../../../replication/types.ts";

const NUMBER_BYTES = 8;
/** An entry: epoch, origin, number of operations, then the operations. */
const ENTRY_HEADER_BYTES = 2 * NUMBER_BYTES + 4;
/** An operation: which parts it has, length of key and value, condition, key, value. */
const OPERATION_HEADER_BYTES = 1 + 4 + 4;
const HAS_VALUE = 1;
const HAS_CONDITION = 2;

/** Short texts are not measured: three bytes for a UTF-16 unit always suffice. */
export const textBytesMax = (text: string): number =>
  text.length < 4096 ? 3 * text.length : Buffer.byteLength(text);

export function entryBytesMax(entry: Entry): number {
  let bytes = ENTRY_HEADER_BYTES;
  for (const { key, value } of entry.operations) {
    bytes += OPERATION_HEADER_BYTES + 2 * NUMBER_BYTES + textBytesMax(key);
    if (value !== undefined) bytes += textBytesMax(value);
  }
  return bytes;
}

/** Returns where the entry ends. */
export function writeEntry(bytes: Buffer, start: number, entry: Entry): number {
  bytes.writeDoubleLE(entry.epoch, start);
  bytes.writeDoubleLE(entry.origin, start + 8);
  bytes.writeUInt32LE(entry.operations.length, start + 16);
  let at = start + ENTRY_HEADER_BYTES;
  for (const operation of entry.operations) at = writeOperation(bytes, at, operation);
  return at;
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

/** The entry that begins at `start`. */
export function readEntry(sequence: Sequence, bytes: Buffer, start: number): Entry {
  const count = bytes.readUInt32LE(start + 16);
  const operations: Operation[] = [];
  let at = start + ENTRY_HEADER_BYTES;
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
  return { sequence, ...readEpochs(bytes, start), operations };
}

/** The reigns that proposed the entry last and first. */
export const readEpochs = (bytes: Buffer, start: number): Pick<Entry, "epoch" | "origin"> => ({
  epoch: bytes.readDoubleLE(start),
  origin: bytes.readDoubleLE(start + 8),
});
