/**
 * Calls that the gRPC library of a client repeats by itself. With a retry or hedging policy it sends a
 * call again after UNAVAILABLE, whether the node refused it or the connection broke before the answer
 * arrived, and tells the server how many attempts came before (gRFC A6). A write must not be stored
 * twice because of that, and a refusal of the second attempt must not say that nothing was written.
 */
import type { Metadata } from "@grpc/grpc-js";
import { type ErrorCode, type Failed, failed, type Result } from "../../src/errors.ts";
import type { WriteRequest } from "../../src/node/api.ts";

/** The trailer that tells the library not to send the call again. */
export const dontRepeat = { name: "grpc-retry-pushback-ms", value: "-1" } as const;

/** Whether the library sent this call before and got no answer. */
export const isRepeated = (metadata: Metadata): boolean =>
  metadata.get("grpc-previous-rpc-attempts").some((attempts) => attempts !== "0");

/**
 * Answers a repeated write: it is carried out only if it has an idempotency key or a condition, so that it cannot be
 * stored twice.
 */
export async function writeAgain<T>(
  request: WriteRequest,
  write: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const isConditional = request.operations.some(({ ifVersion }) => ifVersion !== undefined);
  if (request.idempotency === undefined && !isConditional) return unknown();
  const result = await write();
  return !result.ok && promisesNothing.has(result.failure.code) ? unknown() : result;
}

/** Codes that say that nothing was written: true of one attempt, not of those before it. */
const promisesNothing: ReadonlySet<ErrorCode> = new Set([
  "NOT_LEADER",
  "NO_LEADER",
  "QUORUM_UNAVAILABLE",
  "OVERLOADED",
  "RECOVERING",
  "SHUTTING_DOWN",
]);

const unknown = (): Failed =>
  failed(
    "OUTCOME_UNKNOWN",
    "An earlier attempt of this call got no answer and may be stored; read before writing again.",
    { members: { version: null, acks: [], quorum: null } },
  );
