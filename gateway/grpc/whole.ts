import { type Result, succeeded } from "../../src/errors.ts";
import { checkWhole } from "../../src/request-limits.ts";

const range = { min: 0, max: Number.MAX_SAFE_INTEGER };

/**
 * A version or sequence that a client sent: any uint64, as decimal digits. INVALID_ARGUMENT above
 * 2^53 - 1, which no entry reaches. Absent stays undefined.
 */
export const readWhole = (text: string | undefined, name: string): Result<number | undefined> => {
  if (text === undefined) return succeeded(undefined);
  const number = Number(text);
  const fault = checkWhole(number, name, range);
  return fault === undefined ? succeeded(number) : { ok: false, failure: fault };
};
