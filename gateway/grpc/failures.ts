/** The one place where an error code becomes a gRPC status, and an exception becomes an error code. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type ErrorCode, type Failure, failed, type Result } from "../../src/errors.ts";
import type { PacedLog } from "../../src/node/paced-log.ts";
import { dontRepeat } from "./attempts.ts";
import type { Failure as FailureMessage } from "./generated/quorumkv/v1/kv.ts";
import { richStatus } from "./rich-status.ts";

/** Every code of the product. Those that only HTTP can cause have the nearest status. */
const statuses: Readonly<Record<ErrorCode, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  KEY_NOT_FOUND: status.NOT_FOUND,
  NOT_LEADER: status.FAILED_PRECONDITION,
  MISDIRECTED: status.FAILED_PRECONDITION,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  NO_LEADER: status.UNAVAILABLE,
  VERSION_MISMATCH: status.ABORTED,
  IDEMPOTENCY_KEY_REUSED: status.FAILED_PRECONDITION,
  COMPACTED: status.OUT_OF_RANGE,
  TOO_LARGE: status.INVALID_ARGUMENT,
  UNSUPPORTED_MEDIA_TYPE: status.INVALID_ARGUMENT,
  METHOD_NOT_ALLOWED: status.UNIMPLEMENTED,
  NOT_FOUND: status.NOT_FOUND,
  QUORUM_UNAVAILABLE: status.UNAVAILABLE,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  RECOVERING: status.UNAVAILABLE,
  SHUTTING_DOWN: status.UNAVAILABLE,
  OUTCOME_UNKNOWN: status.DEADLINE_EXCEEDED,
  INTERNAL: status.INTERNAL,
};

/** UTF-16 code units. Percent-encoded it may take nine times as many bytes. */
const detailLengthMax = 300;
/** Bytes of JSON text; a third more in base64. Some libraries take 8 KiB of trailers in all. */
const membersBytesMax = 2048;

/**
 * The error that the library sends for a failure. Trailers: `kv-code` is the stable code; `kv-problem-bin` holds the code's further members, as
 * JSON text, where there are any; `grpc-status-details-bin` is all of it as google.rpc.Status.
 * A broken connection has none of them, which is how a client tells it from a refusal.
 */
export function toServiceError(failure: Failure): ServiceError {
  const { code, members } = failure;
  const metadata = new Metadata();
  metadata.set("kv-code", code);
  if (members !== undefined) metadata.set("kv-problem-bin", membersOf(members));
  const details = shortened(failure.detail);
  const status = { code: statuses[code], message: details };
  metadata.set("grpc-status-details-bin", richStatus(failure, status));
  return Object.assign(new Error(details), { code: statuses[code], details, metadata });
}

/** The same for a write, which the library of the client must not send again by itself. */
export function toWriteError(failure: Failure): ServiceError {
  const error = toServiceError(failure);
  error.metadata.set(dontRepeat.name, dontRepeat.value);
  return error;
}

/** The sentence, cut to its bound. The library percent-encodes it, and would throw on a lone surrogate. */
const shortened = (detail: string): string =>
  (detail.length <= detailLengthMax
    ? detail
    : `${detail.slice(0, detailLengthMax)}…`
  ).toWellFormed();

/** The members as JSON text. A key that is too long for a trailer is left out: the caller knows it. */
function membersOf(members: Readonly<Record<string, unknown>>): Buffer {
  const bytes = Buffer.from(JSON.stringify(members));
  return bytes.length <= membersBytesMax
    ? bytes
    : Buffer.from(JSON.stringify({ ...members, key: undefined }));
}

/** The failure of one write in a stream of many. */
export const toFailureMessage = ({ code, detail, members }: Failure): FailureMessage => ({
  code,
  detail,
  members: members === undefined ? "" : JSON.stringify(members),
});

/** What a call comes to, at once or later. */
export type Answer<T> = Result<T> | Promise<Result<T>>;

/** An exception becomes INTERNAL and a log line: the library would keep the client waiting. */
export async function answered<T>(answer: () => Answer<T>, failures: PacedLog): Promise<Result<T>> {
  try {
    return await answer();
  } catch (error) {
    const message = "gRPC call failed with an exception; answered INTERNAL";
    failures.error(`${error}`, { err: error }, message);
    return failed("INTERNAL", "Internal error; the log of this node has the cause.");
  }
}
