/**
 * How entries are encoded on disk. Numbers are little-endian doubles, which hold every
 * safe integer; texts are UTF-8. An entry's sequence is stored beside it, not in it.
 */
import { Buffer, isUtf8 } from "node:buffer";
import { checksOf } from "../../../replication/conditions.ts";
import { hiddenOperationsMax } from "../../../replication/hidden-keys.ts";
import type { Condition, Entry, Operation, Sequence } from "../../../replication/types.ts";
import { keyBytesMax, operationsMax, valueBytesMax } from "../../../request-limits.ts";
import { DataDamaged, mustHold, wholeNumber } from "./damage.ts";

const numberBytes = 8;
/**
 * An entry: epoch, origin, number of operations, then the operations. If it has checks: their number, then the
 * checks as operations without a value. Earlier versions did not write checks, and refuse to read them.
 */
const entryHeaderBytes = 2 * numberBytes + 4;
/** An operation: which parts it has, lengths of key and value, condition, key, value. */
const operationHeaderBytes = 1 + 4 + 4;
const countBytes = 4;
/** Those of a client, and those that remember and forget writes. */
const entryOperationsMax = operationsMax + hiddenOperationsMax;
const hasValue = 1;
const hasCondition = 2;
/** The condition names a place after which the key is absent. Earlier versions did not write it. */
const hasAfter = 4;
const allParts = hasValue | hasCondition | hasAfter;

/** Texts of more UTF-16 units are measured. To measure takes some times as long as to write. */
const unmeasuredMax = 128 * 1024;

/** Upper bound for the UTF-8 bytes of a text: three bytes for a UTF-16 unit always suffice. */
export const textBytesMax = (text: string): number =>
  text.length <= unmeasuredMax ? 3 * text.length : Buffer.byteLength(text);

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

/** Where the parts of an operation are. */
interface OperationPlace {
  readonly parts: number;
  /** Its three numbers come first, as far as `parts` has them, then key and value. */
  readonly conditionAt: number;
  readonly keyAt: number;
  readonly valueAt: number;
  readonly end: number;
}

/** Throws DataDamaged where its parts are not what they can be, or end beyond `limit`. */
function operationAt(bytes: Buffer, start: number, limit: number): OperationPlace {
  const conditionAt = start + operationHeaderBytes;
  mustHold(conditionAt <= limit, "an operation ends beyond its entry");
  const parts = bytes[start] ?? 0;
  const keyBytes = bytes.readUInt32LE(start + 1);
  const valueBytes = bytes.readUInt32LE(start + 5);
  const isKnown = parts <= allParts && ((parts & hasAfter) === 0 || (parts & hasCondition) !== 0);
  if (!isKnown) throw new DataDamaged(`an operation has the parts ${parts}`);
  if (keyBytes === 0 || keyBytes > keyBytesMax)
    throw new DataDamaged(`a key has ${keyBytes} bytes`);
  if (valueBytes > (parts & hasValue ? valueBytesMax : 0))
    throw new DataDamaged(`a value has ${valueBytes} bytes`);
  const numbers = (parts & hasCondition ? 2 : 0) + (parts & hasAfter ? 1 : 0);
  const keyAt = conditionAt + numbers * numberBytes;
  const valueAt = keyAt + keyBytes;
  const end = valueAt + valueBytes;
  mustHold(end <= limit, "an operation ends beyond its entry");
  return { parts, conditionAt, keyAt, valueAt, end };
}

/** Throws DataDamaged where there are more than an entry can have. */
function operationCount(bytes: Buffer, start: number, end: number): number {
  mustHold(end - start >= entryHeaderBytes, "an entry is shorter than its head");
  const count = bytes.readUInt32LE(start + 16);
  if (count > entryOperationsMax) throw new DataDamaged(`an entry has ${count} operations`);
  return count;
}

/** How many checks follow the operations, and where they begin. */
function checkCount(bytes: Buffer, at: number, end: number): { count: number; start: number } {
  if (at === end) return { count: 0, start: at };
  mustHold(end - at >= countBytes, "an entry is longer than its operations");
  const count = bytes.readUInt32LE(at);
  if (count === 0 || count > operationsMax) throw new DataDamaged(`an entry has ${count} checks`);
  return { count, start: at + countBytes };
}

const mustEndThere = (at: number, end: number): void =>
  mustHold(at === end, "an entry is longer than its checks");

/** Throws DataDamaged unless `writeEntry` can have written the bytes from `start` to `end`. */
export function checkEntry(bytes: Buffer, start: number, end: number): void {
  const count = operationCount(bytes, start, end);
  const at = checkOperations(bytes, start + entryHeaderBytes, { count, end, isKind: () => true });
  const checks = checkCount(bytes, at, end);
  mustEndThere(checkOperations(bytes, checks.start, { ...checks, end, isKind: isCheck }), end);
  const { epoch, origin } = readEpochs(bytes, start);
  wholeNumber(epoch, "the epoch of an entry");
  wholeNumber(origin, "the origin of an entry");
}

/** A check has a condition, and no value. */
const isCheck = (parts: number): boolean => (parts & (hasValue | hasCondition)) === hasCondition;

/** Returns where the last one ends. */
function checkOperations(
  bytes: Buffer,
  start: number,
  { count, end, isKind }: { count: number; end: number; isKind: (parts: number) => boolean },
): number {
  let at = start;
  for (let left = count; left > 0; left -= 1) {
    const operation = operationAt(bytes, at, end);
    at = operation.end;
    const { parts, conditionAt, keyAt, valueAt } = operation;
    if (!isKind(parts)) throw new DataDamaged(`a check has the parts ${parts}`);
    if (parts & hasCondition) {
      wholeNumber(bytes.readDoubleLE(conditionAt), "the version of a condition");
      wholeNumber(bytes.readDoubleLE(conditionAt + numberBytes), "the origin of a condition");
    }
    if (parts & hasAfter)
      wholeNumber(bytes.readDoubleLE(conditionAt + 2 * numberBytes), "the place of a condition");
    // Two texts in one look: together they are one, which is not cut within a character.
    const isCut = at > valueAt && ((bytes[valueAt] ?? 0) & 0xc0) === 0x80;
    mustHold(!isCut && isUtf8(bytes.subarray(keyAt, at)), "a key or a value is not UTF-8");
  }
  return at;
}

/** Reads the entry from `start` to `end`, which `checkEntry` has passed or this process wrote. */
export function readEntry(sequence: Sequence, bytes: Buffer, start: number, end: number): Entry {
  const operations: Operation[] = [];
  const count = operationCount(bytes, start, end);
  const at = readOperations(bytes, start + entryHeaderBytes, { count, end, into: operations });
  const entry = { sequence, ...readEpochs(bytes, start), operations };
  if (at === end) return entry;
  const found: Operation[] = [];
  const place = checkCount(bytes, at, end);
  mustEndThere(readOperations(bytes, place.start, { ...place, end, into: found }), end);
  const checks = found.flatMap(({ key, condition }) => (condition ? [{ key, condition }] : []));
  return { ...entry, requires: { checks } };
}

/** Returns where the last one ends. */
function readOperations(
  bytes: Buffer,
  start: number,
  { count, end, into }: { count: number; end: number; into: Operation[] },
): number {
  let at = start;
  for (let left = count; left > 0; left -= 1) {
    const place = operationAt(bytes, at, end);
    at = place.end;
    const { parts, keyAt, valueAt } = place;
    const condition = parts & hasCondition ? conditionOf(bytes, place) : undefined;
    const key = bytes.toString("utf8", keyAt, valueAt);
    const value = parts & hasValue ? bytes.toString("utf8", valueAt, at) : undefined;
    into.push({
      key,
      ...(value !== undefined && { value }),
      ...(condition && { condition }),
    });
  }
  return at;
}

function conditionOf(bytes: Buffer, { parts, conditionAt: at }: OperationPlace): Condition {
  const condition = { version: bytes.readDoubleLE(at), origin: bytes.readDoubleLE(at + 8) };
  return parts & hasAfter ? { ...condition, after: bytes.readDoubleLE(at + 16) } : condition;
}

/** Reads the epochs in which the entry that begins at `start` was proposed last and first. */
export const readEpochs = (bytes: Buffer, start: number): Pick<Entry, "epoch" | "origin"> => ({
  epoch: bytes.readDoubleLE(start),
  origin: bytes.readDoubleLE(start + 8),
});
