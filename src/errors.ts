/**
 * The closed list of error codes. Every refusal anywhere in the product is one of these; each edge
 * (REST, gRPC) translates it once, by a table of its own.
 */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "KEY_NOT_FOUND"
  | "NOT_LEADER"
  | "VERSION_MISMATCH"
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
  /** Seconds after which a retry makes sense; set on 503s that are transient. */
  readonly retryAfterSeconds?: number;
  /** The members that the code adds to the problem document, such as `version` or `leaderUrl`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

export type Result<T> = { readonly ok: true; readonly value: T } | Failed;

export const succeeded = <T>(value: T): Result<T> => ({ ok: true, value });

export const failed = (
  code: ErrorCode,
  detail: string,
  extra: Omit<Failure, "code" | "detail"> = {},
): Failed => ({
  ok: false,
  failure: { code, detail, ...extra },
});
