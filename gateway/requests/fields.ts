/** The fields of a body, checked by a strict zod schema; the first fault becomes one sentence. */
import type { z } from "zod";
import { failed, type Result, succeeded } from "../../src/errors.ts";
import { quote } from "./query.ts";

export const readFields = <T>(schema: z.ZodType<T>, body: unknown): Result<T> => {
  const outcome = schema.safeParse(body);
  if (outcome.success) return succeeded(outcome.data);
  const [issue] = outcome.error.issues;
  return failed("INVALID_ARGUMENT", issue === undefined ? "The body is not valid." : say(issue));
};

/** For strict objects: names what is expected; unknown fields are named by `readFields`. */
export const strict = {
  error: ({ code }: { readonly code?: string }) =>
    code === "invalid_type" ? "must be a JSON object" : undefined,
};

const say = (issue: z.core.$ZodIssue): string => {
  const place = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const within = place === "" ? "" : ` in ${quote(place)}`;
    return `Unknown field ${quote(issue.keys[0] ?? "")}${within}.`;
  }
  return place === "" ? `The body ${issue.message}.` : `${quote(place)} ${issue.message}.`;
};
