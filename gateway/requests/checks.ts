/**
 * The rules for single fields of a request, the same whichever edge it came through. A check
 * returns the failure to answer, or undefined if the field is as it should be.
 */
import { type Failure, failureOf } from "../../src/errors.ts";
import type { WriteOperation } from "../../src/node/api.ts";
import { isHidden } from "../../src/replication/hidden-keys.ts";
import { bodyBytesMax, keyBytesMax, operationsMax } from "../../src/request-limits.ts";
import { isWhole, type WholeRange, wholeText } from "../../src/whole-range.ts";

/** Versions and sequences: every number that an entry can have, and 0. */
export const versionRange: WholeRange = { min: 0, max: Number.MAX_SAFE_INTEGER };

const invalid = (detail: string): Failure => failureOf("INVALID_ARGUMENT", detail);
const tooLarge = (detail: string): Failure => failureOf("TOO_LARGE", detail);

/** The failure of a key that is empty, reserved or not well-formed (INVALID_ARGUMENT) or too long (TOO_LARGE). */
export function checkKey(key: string, name = "key"): Failure | undefined {
  if (key === "") return invalid(`"${name}" must not be empty.`);
  // Such keys are those of records of the protocol itself.
  if (isHidden(key)) return invalid(`"${name}" must not begin with U+0000.`);
  return checkKeyPart(key, name);
}

/** Like checkKey, for a prefix or the key that a list continues after: it may be empty. */
export function checkKeyPart(part: string, name: string): Failure | undefined {
  // A lone surrogate has no UTF-8 form: stored, it would come back as another key.
  if (!part.isWellFormed()) return invalid(`"${name}" must be well-formed Unicode text.`);
  if (part.length > keyBytesMax || Buffer.byteLength(part) > keyBytesMax) {
    return tooLarge(`"${name}" must be at most ${keyBytesMax} bytes of UTF-8.`);
  }
  return undefined;
}

/** INVALID_ARGUMENT unless the number is one of the range; `name` as the caller wrote it. */
export const checkWhole = (value: number, name: string, range: WholeRange): Failure | undefined =>
  isWhole(value, range) ? undefined : invalid(`"${name}" must be ${wholeText(range)}.`);

/** INVALID_ARGUMENT unless 1..128 keys are to be read, each of them good. */
export function checkKeys(keys: readonly string[]): Failure | undefined {
  if (!isWhole(keys.length, { min: 1, max: operationsMax }))
    return invalid(`"keys" must be a list of 1 to ${operationsMax}; it has ${keys.length}.`);
  for (const [index, key] of keys.entries()) {
    const fault = checkKey(key, `keys.${index}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * INVALID_ARGUMENT unless a batch may have that many operations. Edges call it before they look at
 * any operation, because a request may hold half a million of them.
 */
export const checkCount = (count: number): Failure | undefined =>
  isWhole(count, { min: 1, max: operationsMax })
    ? undefined
    : invalid(`"operations" must be a list of 1 to ${operationsMax}; it has ${count}.`);

/** The same failure, naming the operation of a batch that it is about. */
export const atOperation = (index: number, failure: Failure): Failure => ({
  ...failure,
  detail: `Operation ${index}: ${failure.detail}`,
});

/** INVALID_ARGUMENT unless there are 1..128 operations on good keys; TOO_LARGE beyond 2 MiB. */
export function checkOperations(operations: readonly WriteOperation[]): Failure | undefined {
  const countFault = checkCount(operations.length);
  if (countFault !== undefined) return countFault;
  if (operations.every(({ isCheck }) => isCheck === true))
    return invalid('At least one of "operations" must write: they are all checks.');
  let bytes = 0;
  for (const [index, { key, value = "" }] of operations.entries()) {
    const fault = checkKey(key);
    if (fault !== undefined) return atOperation(index, fault);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes > bodyBytesMax
    ? tooLarge(`All keys and values together must be at most ${bodyBytesMax} bytes.`)
    : checkConditions(operations);
}

/**
 * INVALID_ARGUMENT when an operation can never be carried out because of one before it in the same
 * batch. A batch sees its own operations: what it has put has no version that a client could name.
 */
function checkConditions(operations: readonly WriteOperation[]): Failure | undefined {
  const before = new Map<string, number>();
  for (const [index, operation] of operations.entries()) {
    const earlier = before.get(operation.key);
    if (earlier !== undefined) {
      const isPut = operations[earlier]?.value !== undefined;
      const reason = conflict(operation, isPut);
      const key = JSON.stringify(operation.key);
      const does = isPut ? "puts" : "deletes";
      if (reason !== undefined) {
        const detail = `${reason}, but operation ${earlier} of this batch ${does} key ${key}.`;
        return atOperation(index, invalid(detail));
      }
    }
    if (operation.isCheck !== true) before.set(operation.key, index);
  }
  return undefined;
}

/** Why the operation cannot follow a put, or a delete, of its key in the same batch. */
function conflict(operation: WriteOperation, isPut: boolean): string | undefined {
  const { value, ifVersion, isCheck = false } = operation;
  if (ifVersion !== undefined && (isPut || ifVersion > 0)) {
    return `it asks for version ${ifVersion}`;
  }
  return value === undefined && !isPut && !isCheck ? "it deletes the key" : undefined;
}
