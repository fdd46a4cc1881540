/** The one place where an error code becomes a gRPC status. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { ErrorCode, Failure } from "../../errors.ts";
import type { Failure as FailureMessage } from "../generated/quorumkv/v1/kv.ts";

/** Every code of the product; the ones only HTTP can cause have their nearest relatives. */
const statuses: Readonly<Record<ErrorCode, status>> = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  KEY_NOT_FOUND: status.NOT_FOUND,
  NOT_LEADER: status.FAILED_PRECONDITION,
  VERSION_MISMATCH: status.ABORTED,
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

/**
 * Trailers: `kv-code` is the stable code; `kv-problem-bin` holds the code's further members, as
 * JSON text, where there are any.
 */
export const toServiceError = ({ code, detail, members }: Failure): ServiceError => {
  const metadata = new Metadata();
  metadata.set("kv-code", code);
  if (members !== undefined) metadata.set("kv-problem-bin", Buffer.from(JSON.stringify(members)));
  // The library percent-encodes the details and would throw on half a surrogate pair.
  const details = detail.toWellFormed();
  return Object.assign(new Error(details), { code: statuses[code], details, metadata });
};

/** The same for one write of many. */
export const toFailureMessage = ({ code, detail, members }: Failure): FailureMessage => ({
  code,
  detail,
  members: members === undefined ? "" : JSON.stringify(members),
});
