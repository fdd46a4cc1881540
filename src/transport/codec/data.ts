/**
 * Keys, values and entries, by the limits of requests. A follower judges every entry that is ever written: these
 * checks are plain code rather than tables, because they cost as much as the decoding otherwise.
 */
import { numberMax } from "../../replication/bounds.ts";
import { hiddenBytesMax, hiddenOperationsMax } from "../../replication/hidden-keys.ts";
import type { Condition, Entry, Operation, Requirements } from "../../replication/types.ts";
import {
  bodyBytesMax,
  keyBytesMax,
  operationsMax,
  valueBytesMax,
  valueDepthMax,
} from "../../request-limits.ts";
import { type Check, type Fault, within } from "./check.ts";

const keyAllowed = `1 to ${keyBytesMax} bytes of UTF-8`;
const valueAllowed = `JSON text of at most ${valueBytesMax} bytes, ${valueDepthMax} levels deep`;
/** Those of a client, and those that remember and forget writes. */
const entryOperationsMax = operationsMax + hiddenOperationsMax;
const entryBytesMax = bodyBytesMax + hiddenBytesMax;
const bodyAllowed = `at most ${entryBytesMax} bytes of keys and values`;
const numberAllowed = `a whole number from 0 to ${numberMax}`;

export const key: Check<string> = (text) =>
  isKey(text) ? undefined : { path: "", value: text, allowed: keyAllowed };

export const value: Check<string> = (text) =>
  isValue(text) ? undefined : { path: "", value: text, allowed: valueAllowed };

/** A whole entry; no operations: a no-op. */
export function entry(of: Entry): Fault | undefined {
  const { sequence, epoch, origin, operations, requires } = of;
  if (sequence < 1 || sequence > numberMax)
    return { path: "sequence", value: sequence, allowed: `a whole number from 1 to ${numberMax}` };
  if (epoch > numberMax) return { path: "epoch", value: epoch, allowed: numberAllowed };
  if (origin > epoch)
    return { path: "origin", value: origin, allowed: `at most its epoch, ${epoch}` };
  const { length } = operations;
  if (length > entryOperationsMax)
    return { path: "operations.length", value: length, allowed: `at most ${entryOperationsMax}` };
  let characters = 0;
  for (let index = 0; index < length; index += 1) {
    const operation = operations[index] as Operation;
    const fault = faultOf(operation);
    if (fault !== undefined) return within(`operations[${index}]`, fault);
    characters += operation.key.length + (operation.value?.length ?? 0);
  }
  if (characters > entryBytesMax)
    return { path: "operations", value: characters, allowed: bodyAllowed };
  return requires === undefined ? undefined : faultOfChecks(requires);
}

function faultOfChecks({ checks }: Requirements): Fault | undefined {
  const { length } = checks;
  if (length === 0 || length > operationsMax)
    return { path: "requires.checks.length", value: length, allowed: `1 to ${operationsMax}` };
  for (let index = 0; index < length; index += 1) {
    // The decoder may leave the condition out.
    const check = checks[index] as Operation;
    const fault =
      check.condition === undefined
        ? { path: "condition", value: undefined, allowed: "there" }
        : faultOf(check);
    if (fault !== undefined) return within(`requires.checks[${index}]`, fault);
  }
  return undefined;
}

function faultOf({ key: name, value: text, condition }: Operation): Fault | undefined {
  if (!isKey(name)) return { path: "key", value: name, allowed: keyAllowed };
  if (text !== undefined && !isValue(text))
    return { path: "value", value: text, allowed: valueAllowed };
  return condition === undefined ? undefined : faultOfCondition(condition);
}

function faultOfCondition({ version, origin, after = 0 }: Condition): Fault | undefined {
  const high = Math.max(version, origin, after);
  return high > numberMax
    ? { path: "condition", value: high, allowed: `of whole numbers from 0 to ${numberMax}` }
    : undefined;
}

/** A decoded string is always well-formed. Each of its units takes three bytes at most. */
const isKey = (text: string): boolean => text.length > 0 && hasBytesAtMost(text, keyBytesMax);

const isValue = (text: string): boolean =>
  hasBytesAtMost(text, valueBytesMax) && isJson(text) && !isTooDeep(text);

const hasBytesAtMost = (text: string, bytesMax: number): boolean =>
  text.length * 3 <= bytesMax || (text.length <= bytesMax && Buffer.byteLength(text) <= bytesMax);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Of JSON text: whatever is nested opens and closes, so that short texts cannot be too deep. */
function isTooDeep(text: string): boolean {
  if (text.length <= 2 * valueDepthMax || isPlain(text.charCodeAt(0))) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === openBracket || code === openBrace) {
      depth += 1;
      if (depth > valueDepthMax) return true;
    } else if (code === closeBracket || code === closeBrace) depth -= 1;
  }
  return false;
}

/** The text begins with a string, a number or a word, and so it is one. */
const isPlain = (code: number): boolean =>
  code !== openBracket && code !== openBrace && code > space;

/** Units of a string that are looked at one by one: a search costs as much as that many. */
const shortUnits = 32;

/** Where the string that begins at `at` ends. */
function endOfString(text: string, at: number): number {
  const shortEnd = at + shortUnits;
  for (let end = at + 1; end < shortEnd; end += 1) {
    const code = text.charCodeAt(end);
    if (code === quote) return end;
    if (code === backslash) end += 1;
  }
  for (let end = text.indexOf('"', shortEnd); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}

const space = 0x20;
const quote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
