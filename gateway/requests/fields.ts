/** The fields of a JSON body, checked by a strict zod schema; the first fault becomes one sentence. */
import { z } from "zod";
import { failed, type Result, succeeded } from "../../src/errors.ts";
import { delayMsMax, keyBytesMax } from "../../src/request-limits.ts";
import { isWhole, type WholeRange, wholeText } from "../../src/whole-range.ts";
import type { FieldNames } from "./client-requests.ts";
import { keyHeader } from "./idempotency.ts";
import { quote } from "./query.ts";

/** How REST spells the fields that each edge spells in its own way. */
export const restNames: FieldNames = {
  minVersion: "minVersion",
  timeoutMs: "timeoutMs",
  ifVersion: "ifVersion",
  idempotencyKey: keyHeader,
};

/** The fields of a body; INVALID_ARGUMENT with the first fault that the schema finds. */
export function readFields<T>(schema: z.ZodType<T>, body: unknown): Result<T> {
  const outcome = schema.safeParse(body);
  if (outcome.success) return succeeded(outcome.data);
  const [issue] = outcome.error.issues;
  return failed("INVALID_ARGUMENT", issue === undefined ? "The body is not valid." : say(issue));
}

/** For strict objects: names what is expected; unknown fields are named by `readFields`. */
export const strict = {
  error: ({ code }: { readonly code?: string }) =>
    code === "invalid_type" ? "must be a JSON object" : undefined,
};

/** A whole number of the range, with the same sentence as in all other requests. */
export function wholeField(range: WholeRange) {
  const error = `must be ${wholeText(range)}`;
  return z
    .number({ error })
    .refine((value) => isWhole(value, range), { error })
    .meta({ type: "integer", minimum: range.min, maximum: range.max });
}

/**
 * A whole number of the range that `RequestChecks` judges, with the same sentence for REST and gRPC. What is not a
 * number becomes one that no range has.
 */
export const checkedWhole = ({ min, max }: WholeRange, description: string) =>
  z
    .unknown()
    .transform((given) => (typeof given === "number" ? given : Number.NaN))
    .optional()
    .meta({ type: "integer", minimum: min, maximum: max, description });

/** A key that `RequestChecks` judges. */
export const keyField = z
  .string({ error: "must be a string" })
  .meta({ minLength: 1, maxLength: keyBytesMax, description: "1 to 1024 bytes of UTF-8." });

const delayError = `must be a number from 0 to ${delayMsMax} (ms)`;
/** A simulated delay in milliseconds, which may have a fraction. */
export const delayField = z
  .number({ error: delayError })
  .min(0, { error: delayError })
  .max(delayMsMax, { error: delayError });

function say(issue: z.core.$ZodIssue): string {
  const place = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const within = place === "" ? "" : ` in ${quote(place)}`;
    return `Unknown field ${quote(issue.keys[0] ?? "")}${within}.`;
  }
  return place === "" ? `The body ${issue.message}.` : `${quote(place)} ${issue.message}.`;
}
