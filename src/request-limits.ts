/** What both edges refuse before a node hears of it: sizes and forms of keys, values and batches. */
import type { Failure } from "./errors.ts";
import type { WriteOperation } from "./node/api.ts";

/** UTF-8 bytes of one key, at least 1. */
export const keyBytesMax = 1024;
/** UTF-8 bytes of one value as JSON text without white space, its escapes as they were written. */
export const valueBytesMax = 1024 * 1024;
/** Bytes of one request: the whole body over REST, all keys and values over gRPC. */
export const bodyBytesMax = 2 * 1024 * 1024;
/** Operations of one batch, at least 1. */
export const operationsMax = 128;
/** Arrays and objects inside one another; a plain number or string is 0 deep. */
export const valueDepthMax = 128;
/** Keys of one page of a list, at least 1. */
export const listLimitMax = 1000;
export const listLimitDefault = 100;
/** Milliseconds that one write may wait for its quorum, at least 1. */
export const timeoutMsMax = 600_000;
/** Milliseconds that the simulated network may hold one entry back. */
export const delayMsMax = 60_000;

const invalid = (detail: string): Failure => ({ code: "INVALID_ARGUMENT", detail });
const tooLarge = (detail: string): Failure => ({ code: "TOO_LARGE", detail });

/** The failure of a key that is empty or not well-formed (INVALID_ARGUMENT) or too long (TOO_LARGE). */
export const checkKey = (key: string, name = "key"): Failure | undefined => {
  if (key === "") return invalid(`"${name}" must not be empty.`);
  return checkKeyPart(key, name);
};

/** Like checkKey, for what a key may start with or come after: it may be empty. */
export const checkKeyPart = (part: string, name: string): Failure | undefined => {
  // A lone surrogate has no UTF-8 form: stored, it would come back as another key.
  if (!part.isWellFormed()) return invalid(`"${name}" must be well-formed Unicode text.`);
  if (part.length > keyBytesMax || Buffer.byteLength(part) > keyBytesMax) {
    return tooLarge(`"${name}" must be at most ${keyBytesMax} bytes of UTF-8.`);
  }
  return undefined;
};

/** INVALID_ARGUMENT unless the number is a whole one of the range; `name` as the caller wrote it. */
export const checkWhole = (
  value: number,
  name: string,
  range: { min: number; max: number },
): Failure | undefined =>
  Number.isSafeInteger(value) && value >= range.min && value <= range.max
    ? undefined
    : invalid(`"${name}" must be a whole number from ${range.min} to ${range.max}.`);

/** INVALID_ARGUMENT unless there are 1..128 operations on good keys; TOO_LARGE beyond 2 MiB. */
export const checkOperations = (operations: readonly WriteOperation[]): Failure | undefined => {
  if (operations.length < 1 || operations.length > operationsMax) {
    return invalid(`"operations" must be a list of 1 to ${operationsMax}.`);
  }
  let bytes = 0;
  for (const { key, value = "" } of operations) {
    const fault = checkKey(key);
    if (fault !== undefined) return fault;
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes > bodyBytesMax
    ? tooLarge(`All keys and values together must be at most ${bodyBytesMax} bytes.`)
    : checkConditions(operations);
};

/**
 * INVALID_ARGUMENT when an operation can never be carried out because of one before it in the same
 * batch. A batch sees its own operations: what it has put has no version that a client could name.
 */
export const checkConditions = (operations: readonly WriteOperation[]): Failure | undefined => {
  const before = new Map<string, number>();
  for (const [index, operation] of operations.entries()) {
    const earlier = before.get(operation.key);
    if (earlier !== undefined) {
      const isPut = operations[earlier]?.value !== undefined;
      const reason = conflict(operation, isPut);
      const key = JSON.stringify(operation.key);
      const does = isPut ? "puts" : "deletes";
      if (reason !== undefined) {
        return invalid(
          `Operation ${index}: ${reason}, but operation ${earlier} of this batch ${does} key ${key}.`,
        );
      }
    }
    before.set(operation.key, index);
  }
  return undefined;
};

const conflict = ({ value, ifVersion }: WriteOperation, isPut: boolean): string | undefined => {
  if (ifVersion !== undefined && (isPut || ifVersion > 0))
    return `it asks for version ${ifVersion}`;
  return value === undefined && !isPut ? "it deletes the key" : undefined;
};
