/**
 * The closed list of error codes. Every refusal anywhere in the product is one of these; each edge
 * (REST, gRPC) translates it once, by a table of its own.
 */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "KEY_NOT_FOUND"
  | "NOT_LEADER"
  | "MISDIRECTED"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "RATE_LIMITED"
  | "NO_LEADER"
  | "VERSION_MISMATCH"
  | "IDEMPOTENCY_KEY_REUSED"
  | "COMPACTED"
  | "TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "METHOD_NOT_ALLOWED"
  | "NOT_FOUND"
  | "QUORUM_UNAVAILABLE"
  | "OVERLOADED"
  | "RECOVERING"
  | "SHUTTING_DOWN"
  | "OUTCOME_UNKNOWN"
  | "INTERNAL";

/** A refusal as a value: what happened, in a sentence, and the members its code promises. */
export interface Failure {
  readonly code: ErrorCode;
  /** One sentence for a person. */
  readonly detail: string;
  /** Seconds after which a retry makes sense; set where that is known. */
  readonly retryAfterSeconds?: number;
  /** The members that the code adds to the problem document, such as `version` or `leaderUrl`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The half of a Result that holds a failure; it fits a Result of any value. */
export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

/** What an operation came to. Expected failures are values; exceptions are faults of this program. */
export type Result<T> = { readonly ok: true; readonly value: T } | Failed;

/** What a failure may have beyond its code and sentence. */
type FailureExtra = Omit<Failure, "code" | "detail">;

/** A failure by itself, for code that has no value to return. */
export const failureOf = (code: ErrorCode, detail: string, extra: FailureExtra = {}): Failure => ({
  code,
  detail,
  ...extra,
});

/** A Result that holds a value. */
export const succeeded = <T>(value: T): Result<T> => ({ ok: true, value });

/** A Result that holds a new failure. */
export const failed = (code: ErrorCode, detail: string, extra: FailureExtra = {}): Failed =>
  failedBy(failureOf(code, detail, extra));

/** A Result that holds the given failure. */
export const failedBy = (failure: Failure): Failed => ({ ok: false, failure });

/** The value as a Result, unless there is a failure. */
export const unless = <T>(failure: Failure | undefined, value: T): Result<T> =>
  failure === undefined ? succeeded(value) : failedBy(failure);
