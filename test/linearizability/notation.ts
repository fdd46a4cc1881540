/** Histories in a few words, so that a test reads like the story it tells. */
import type { Call } from "../../src/virtual/linearizability/history.ts";

type Span = readonly [invokedAt: number, returnedAt?: number];
type Extra = Partial<Pick<Call, "version" | "ifVersion" | "client" | "outcome" | "key">>;

function call(kind: Call["kind"], [invokedAt, returnedAt]: Span, rest: Partial<Call>): Call {
  const outcome = returnedAt === undefined ? "unknown" : "ok";
  return { client: "a", kind, key: "k", invokedAt, returnedAt, outcome, ...rest };
}

/** A put from one instant to another; unknown if the second is left out. */
export const put = (value: string, span: Span, extra: Extra = {}): Call =>
  call("put", span, { value, ...extra });

export const remove = (span: Span, extra: Extra = {}): Call => call("delete", span, extra);

/** A read that found the value, or found the key absent. */
export const read = (value: string | undefined, span: Span, extra: Extra = {}): Call =>
  call("read", span, value === undefined ? { outcome: "missing", ...extra } : { value, ...extra });

/** A put that was refused because its condition did not hold. */
export const refused = (ifVersion: number, span: Span, extra: Extra = {}): Call =>
  call("put", span, { value: "x", ifVersion, outcome: "mismatch", ...extra });
