/**
 * How entries and HardState are encoded on disk. Numbers are little-endian doubles, which hold every
 * safe integer; texts are UTF-8. An entry's sequence is stored beside it, not in it.
 */
import { Buffer } from "node:buffer";
import { checksOf } from "../../../replication/conditions.ts";
import type {
  Check,
  Condition,
  Entry,
  Epoch,
  HardState,
  Operation,
  Sequence,
} from "../../../replication/types.ts";

const numberBytes = 8;
/**
 * An entry: epoch, origin, number of operations, then the operations. If it has checks: their number, then the
 * checks as operations without a value. Earlier versions did not write checks, and do not read so far.
 */
const entryHeaderBytes = 2 * numberBytes + 4;
/** An operation: which parts it has, lengths of key and value, condition, key, value. */
const operationHeaderBytes = 1 + 4 + 4;
const countBytes = 4;
const hasValue = 1;
const hasCondition = 2;
/** The condition names a place after which the key is absent. Earlier versions did not write it. */
const hasAfter = 4;

/**
 * Upper bound for the UTF-8 bytes of a text. Short texts are not measured: three bytes for a UTF-16
 * unit always suffice.
 */
export const textBytesMax = (text: string): number =>
  text.length < 4096 ? 3 * text.length : Buffer.byteLength(text);

/** Upper bound for the bytes that `writeEntry` writes. */
export function entryBytesMax(entry: Entry): number {
  let bytes = entryHeaderBytes;
  for (const { key, value } of entry.operations) {
    bytes += operationHeaderBytes + 3 * numberBytes + textBytesMax(key);
    if (value !== undefined) bytes += textBytesMax(value);
  }
  const checks = checksOf(entry);
  if (checks.length > 0) bytes += countBytes;
  for (const { key } of checks) bytes += operationHeaderBytes + 3 * numberBytes + textBytesMax(key);
  return bytes;
}

/** Writes an entry at `start` and returns the offset of its end. */
export function writeEntry(bytes: Buffer, start: number, entry: Entry): number {
  bytes.writeDoubleLE(entry.epoch, start);
  bytes.writeDoubleLE(entry.origin, start + 8);
  bytes.writeUInt32LE(entry.operations.length, start + 16);
  let at = start + entryHeaderBytes;
  for (const operation of entry.operations) at = writeOperation(bytes, at, operation);
  const checks = checksOf(entry);
  if (checks.length > 0) at = bytes.writeUInt32LE(checks.length, at);
  for (const check of checks) at = writeOperation(bytes, at, check);
  return at;
}

function writeOperation(bytes: Buffer, start: number, operation: Operation): number {
  const { key, value, condition } = operation;
  let at = start + operationHeaderBytes;
  if (condition) {
    bytes.writeDoubleLE(condition.version, at);
    bytes.writeDoubleLE(condition.origin, at + numberBytes);
    at += 2 * numberBytes;
    if (condition.after !== undefined) at = bytes.writeDoubleLE(condition.after, at);
  }
  const keyBytes = bytes.write(key, at, "utf8");
  const valueBytes = value === undefined ? 0 : bytes.write(value, at + keyBytes, "utf8");
  bytes[start] =
    (value === undefined ? 0 : hasValue) |
    (condition ? hasCondition : 0) |
    (condition?.after === undefined ? 0 : hasAfter);
  bytes.writeUInt32LE(keyBytes, start + 1);
  bytes.writeUInt32LE(valueBytes, start + 5);
  return at + keyBytes + valueBytes;
}

/** Reads the entry that these bytes are, from the first to the last. */
export function readEntry(sequence: Sequence, bytes: Buffer): Entry {
  const count = bytes.readUInt32LE(16);
  const { operations, end } = readOperations(bytes, { start: entryHeaderBytes, count });
  const entry = { sequence, ...readEpochs(bytes, 0), operations };
  if (end + countBytes > bytes.length) return entry;
  const { operations: checks } = readOperations(bytes, {
    start: end + countBytes,
    count: bytes.readUInt32LE(end),
  });
  return { ...entry, requires: { checks: checks.filter(isCheck) } };
}

const isCheck = (operation: Operation): operation is Check => operation.condition !== undefined;

function readOperations(
  bytes: Buffer,
  { start, count }: { start: number; count: number },
): { operations: Operation[]; end: number } {
  const operations: Operation[] = [];
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const parts = bytes[at] ?? 0;
    const keyBytes = bytes.readUInt32LE(at + 1);
    const valueBytes = bytes.readUInt32LE(at + 5);
    at += operationHeaderBytes;
    let condition: Condition | undefined;
    if (parts & hasCondition) {
      condition = { version: bytes.readDoubleLE(at), origin: bytes.readDoubleLE(at + 8) };
      at += 2 * numberBytes;
    }
    if (condition && parts & hasAfter) {
      condition = { ...condition, after: bytes.readDoubleLE(at) };
      at += numberBytes;
    }
    const valueStart = at + keyBytes;
    const key = bytes.toString("utf8", at, valueStart);
    at = valueStart + valueBytes;
    const value = parts & hasValue ? bytes.toString("utf8", valueStart, at) : undefined;
    operations.push({
      key,
      ...(value !== undefined && { value }),
      ...(condition && { condition }),
    });
  }
  return { operations, end: at };
}

/** Reads the epochs in which the entry that begins at `start` was proposed last and first. */
export const readEpochs = (bytes: Buffer, start: number): Pick<Entry, "epoch" | "origin"> => ({
  epoch: bytes.readDoubleLE(start),
  origin: bytes.readDoubleLE(start + 8),
});

/** A HardState as JSON text. */
export const writeHardState = (hardState: HardState): string => JSON.stringify(hardState);

/** Versions before 0.2 called `ledEpoch` `reignEpoch`. */
type StoredHardState = Omit<HardState, "ledEpoch"> & {
  readonly ledEpoch?: Epoch;
  readonly reignEpoch?: Epoch;
};

/** Reads what `writeHardState` wrote, in this version or an earlier one. */
export function readHardState(text: string): HardState {
  const { reignEpoch = 0, ...stored } = JSON.parse(text) as StoredHardState;
  return { ledEpoch: reignEpoch, ...stored };
}
