/** The one place where an error code becomes an HTTP answer (RFC 9457). */
import type { ErrorCode, Failure } from "../src/errors.ts";

/** How HTTP shows an error code. */
interface Problem {
  readonly status: number;
  readonly title: string;
  /** Seconds until a retry makes sense, where the failure itself names none. */
  readonly retryAfterSeconds?: number;
}

/** Every code of the product. A 503 promises that nothing was written. */
const problems: Readonly<Record<ErrorCode, Problem>> = {
  INVALID_ARGUMENT: { status: 400, title: "The request is not valid" },
  KEY_NOT_FOUND: { status: 404, title: "There is no such key" },
  NOT_LEADER: { status: 421, title: "This node is not the leader" },
  MISDIRECTED: { status: 421, title: "The request is meant for another host" },
  UNAUTHENTICATED: { status: 401, title: "The call needs a valid token; nothing was done" },
  PERMISSION_DENIED: { status: 403, title: "The caller may not do that; nothing was done" },
  RATE_LIMITED: {
    status: 429,
    title: "Too many wrong tokens; nothing was done",
    retryAfterSeconds: 60,
  },
  NO_LEADER: {
    status: 503,
    title: "No leader is known; nothing was written",
    retryAfterSeconds: 1,
  },
  VERSION_MISMATCH: { status: 409, title: "The key has another version" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "The idempotency key belongs to another write" },
  COMPACTED: { status: 410, title: "The log no longer holds what follows that sequence" },
  TOO_LARGE: { status: 413, title: "The request is too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The type of the body is not supported" },
  METHOD_NOT_ALLOWED: { status: 405, title: "The resource does not support this method" },
  NOT_FOUND: { status: 404, title: "There is no such resource" },
  QUORUM_UNAVAILABLE: {
    status: 503,
    title: "Too few followers are live; nothing was written",
    retryAfterSeconds: 1,
  },
  OVERLOADED: {
    status: 503,
    title: "The node is overloaded; nothing was written",
    retryAfterSeconds: 1,
  },
  RECOVERING: {
    status: 503,
    title: "The node is not ready yet; nothing was written",
    retryAfterSeconds: 1,
  },
  SHUTTING_DOWN: {
    status: 503,
    title: "The node is shutting down; nothing was written",
    retryAfterSeconds: 2,
  },
  OUTCOME_UNKNOWN: { status: 504, title: "The outcome is unknown: the write may still settle" },
  INTERNAL: { status: 500, title: "Internal error" },
};

/** The closed list. */
export const errorCodes = Object.keys(problems) as readonly ErrorCode[];

/** What every problem document of a code says of it. */
export const problemKind = (
  code: ErrorCode,
): { readonly type: string; readonly title: string } => ({
  type: `urn:quorumkv:problem:${code.toLowerCase().replaceAll("_", "-")}`,
  title: problems[code].title,
});

/** The content type of every refusal. */
export const problemType = "application/problem+json";

/** The HTTP status of a code. */
export const problemStatus = (code: ErrorCode): number => problems[code].status;

/** Whole seconds as in Retry-After; undefined: the answer carries none. */
export function retryAfterSeconds(failure: Failure): number | undefined {
  const seconds = failure.retryAfterSeconds ?? problems[failure.code].retryAfterSeconds;
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds));
}

/** The problem document as JSON text. Members of the failure never replace the standard ones. */
export function problemText(
  { code, detail, members }: Failure,
  status = problemStatus(code),
): string {
  const standard = { ...problemKind(code), status, detail, code };
  return JSON.stringify({ ...standard, ...members, ...standard });
}
