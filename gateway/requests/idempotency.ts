/** Idempotency keys, and what a repeat must have in common with the write that it repeats. */
import { createHash } from "node:crypto";
import { type Failure, failureOf } from "../../src/errors.ts";
import type { WriteRequest } from "../../src/node/api.ts";

/** The header of REST; also of the answer to a repeat. */
export const keyHeader = "Idempotency-Key";
export const replayedHeader = "Idempotency-Replayed";

const syntax = /^[\x21-\x7e]{1,255}$/;

/** INVALID_ARGUMENT unless it is absent or a good key; `name` as the caller wrote it. */
export const checkIdempotencyKey = (key: string | undefined, name: string): Failure | undefined =>
  key === undefined || syntax.test(key)
    ? undefined
    : failureOf("INVALID_ARGUMENT", `"${name}" must be 1 to 255 visible ASCII characters.`);

/** The same for two writes only if they ask for the same. How long they wait may differ. */
export function hashOf({
  operations,
  isBatch = false,
  quorum = null,
}: Pick<WriteRequest, "operations" | "isBatch"> & {
  readonly quorum?: number | null | undefined;
}): string {
  const asked = operations.map(({ key, value = null, ifVersion = null, isCheck = false }) => [
    key,
    value,
    ifVersion,
    isCheck,
  ]);
  const text = JSON.stringify([isBatch, quorum, asked]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
