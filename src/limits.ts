/** What both edges refuse before a node hears of it: sizes and forms of keys, values and batches. */
import { type Failure, failed, type Result, succeeded } from "./errors.ts";
import { isRawNumber, parseJson } from "./json.ts";
import type { WriteOperation } from "./node/api.ts";

/** UTF-8 bytes of one key, at least 1. */
export const keyBytesMax = 1024;
/** UTF-8 bytes of one value as JSON text without white space. */
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

/**
 * A parsed JSON value as the JSON text that is stored: no white space, members in the given order.
 * INVALID_ARGUMENT when it is too deep or holds a number beyond a double, TOO_LARGE when too long.
 */
export const valueText = (value: unknown): Result<string> => {
  const fault = findFault(value);
  if (fault !== undefined) return failed(fault.code, fault.detail);
  const text = JSON.stringify(value);
  if (text === undefined) return failed("INVALID_ARGUMENT", '"value" must be a JSON value.');
  // UTF-8 takes at most three bytes for each UTF-16 unit, so short texts need no counting.
  if (text.length * 3 > valueBytesMax && Buffer.byteLength(text) > valueBytesMax) {
    return failed("TOO_LARGE", `"value" must be at most ${valueBytesMax} bytes of JSON text.`);
  }
  return succeeded(text);
};

/** The same from JSON text as a client wrote it. */
export const valueTextFrom = (json: string): Result<string> => {
  if (json.length > bodyBytesMax) {
    return failed("TOO_LARGE", `"value" must be at most ${valueBytesMax} bytes of JSON text.`);
  }
  try {
    return valueText(parseJson(json));
  } catch {
    return failed("INVALID_ARGUMENT", '"value" must be JSON text.');
  }
};

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
    : undefined;
};

/** Walks level by level instead of recursing: depth is what an attacker would choose. */
const findFault = (value: unknown): Failure | undefined => {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const item of level) {
      // JSON.parse reads 1e999 as Infinity, which would be stored as null.
      if (typeof item === "number" && !Number.isFinite(item)) {
        return invalid('"value" holds a number beyond the range of a double.');
      }
      if (typeof item !== "object" || item === null || isRawNumber(item)) continue;
      if (depth === valueDepthMax) {
        return invalid(`"value" must be at most ${valueDepthMax} arrays or objects deep.`);
      }
      for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
  return undefined;
};
