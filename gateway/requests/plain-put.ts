/**
 * The plainest bodies of PUT /write, which are most of them: ASCII text with a key and a value and no
 * option, where no string has an escape, the value has no parts, and spaces stand at most where common
 * encoders put them. One look tells their fields; all others are walked through, parsed and judged field
 * by field, with the same result for these ones (`plain-put.test.ts`).
 */

import { type Result, succeeded } from "../../src/errors.ts";

/** Such a body; both texts are as its client wrote them. */
export class PlainPut {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  constructor(key: string, value: string) {
    this.key = key;
    this.value = value;
  }
}

/** Longer bodies go the long way, which refuses what is too large. */
const lengthMax = 4096;
/** Whole numbers of so many digits are exact as doubles. */
const shape =
  /^\{ ?"key" ?: ?"([ !#-[\]-~]*)" ?, ?"value" ?: ?("[ !#-[\]-~]*"|-?(?:0|[1-9]\d{0,14})|true|false|null) ?\}$/;

/** A plain body; undefined for any other, good or bad. */
export function plainPut(bytes: Buffer): Result<PlainPut> | undefined {
  if (bytes.length > lengthMax) return undefined;
  const [, key, value] = shape.exec(bytes.toString("latin1")) ?? [];
  if (key === undefined || value === undefined) return undefined;
  return succeeded(new PlainPut(key, value));
}
