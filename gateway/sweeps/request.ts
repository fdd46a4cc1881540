/** The body of `POST /sweeps`, with bounds that keep a sweep within minutes. */
import { z } from "zod";
import { failed, type Result } from "../../src/errors.ts";
import { quorumRange } from "../../src/node/quorum.ts";
import { delayMsMax } from "../../src/request-limits.ts";
import { readFields, strict, wholeField } from "../requests/fields.ts";
import type { SweepRequest } from "./types.ts";

/** Writes of one sweep: at most a few minutes. */
const writesMax = 100_000;

const whole = (min: number, max: number) => wholeField({ min, max });

/** The body; `followers`: how many the cluster has. */
export function sweepSchema(followers: number) {
  const listError = `must be a list of 1 to ${followers + 1} different write quorums`;
  return z.strictObject(
    {
      quorums: z
        .array(wholeField(quorumRange(followers)), { error: listError })
        .min(1, { error: listError })
        .refine((list) => new Set(list).size === list.length, { error: listError }),
      clients: whole(1, 200),
      writes: whole(1, 10_000),
      rounds: whole(1, 100),
      minDelay: whole(0, delayMsMax),
      maxDelay: whole(0, delayMsMax),
      seed: whole(0, 2 ** 31).default(1),
    },
    strict,
  );
}

/** The checked options of a sweep. */
export function readSweepRequest(
  body: unknown,
  schema: ReturnType<typeof sweepSchema>,
): Result<SweepRequest> {
  const request = readFields(schema, body);
  if (!request.ok) return request;
  const { quorums, clients, writes, rounds, minDelay, maxDelay } = request.value;
  if (minDelay > maxDelay) {
    return failed(
      "INVALID_ARGUMENT",
      `minDelay is ${minDelay}, but must be at most maxDelay, ${maxDelay}.`,
    );
  }
  if (quorums.length * clients * writes * rounds > writesMax) {
    return failed(
      "INVALID_ARGUMENT",
      `quorums × clients × writes × rounds must be at most ${writesMax} writes.`,
    );
  }
  return request;
}
