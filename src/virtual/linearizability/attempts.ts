/**
 * A write that is sent several times with one idempotency key is one write: what its attempts together say
 * of each key, as calls of a history.
 */
import type { Call } from "./history.ts";
import type { Transaction } from "./transactions.ts";

export interface AttemptedOperation {
  readonly key: string;
  /** JSON text; undefined: a delete, or a check. */
  readonly value?: string | undefined;
  readonly ifVersion?: number | undefined;
  /** A condition without a write. */
  readonly isCheck?: boolean | undefined;
}

/** What one attempt came to. */
export type AttemptOutcome =
  | { readonly type: "ok"; readonly version: number }
  /** The condition of the operation with that index did not hold; the key is at that version. */
  | { readonly type: "mismatch"; readonly index: number; readonly version?: number | undefined }
  /** Nothing was written. */
  | { readonly type: "refused" }
  /** It may take effect at any time. */
  | { readonly type: "unknown" };

export interface Attempt {
  readonly invokedAt: number;
  readonly returnedAt?: number | undefined;
  readonly outcome: AttemptOutcome;
}

/** The version that a write was answered with, from its first attempt to the first answer that named it. */
export interface Answered {
  readonly version: number;
  readonly invokedAt: number;
  readonly returnedAt: number;
}

type Noted = Omit<Call, "client">;

/** One for each version. More than one: the key was forgotten in between, or the write took effect twice. */
export function answersOf(attempts: readonly Attempt[]): Answered[] {
  // An attempt before may be what took effect, and the first answer is what others may rest on.
  const invokedAt = Math.min(...attempts.map((attempt) => attempt.invokedAt));
  const returned = new Map<number, number>();
  for (const { outcome, returnedAt = Number.POSITIVE_INFINITY } of attempts) {
    if (outcome.type !== "ok") continue;
    const known = returned.get(outcome.version) ?? Number.POSITIVE_INFINITY;
    returned.set(outcome.version, Math.min(known, returnedAt));
  }
  return [...returned].map(([version, returnedAt]) => ({ version, invokedAt, returnedAt }));
}

/** `effectsMax`: how often the write may have taken effect, for example because its key was forgotten. */
export function callsOf(
  operations: readonly AttemptedOperation[],
  attempts: readonly Attempt[],
  effectsMax = 1,
): Noted[] {
  const answers = answersOf(attempts);
  const calls = answers.flatMap((answer) => writesOf(operations, { ...answer, outcome: "ok" }));
  const invokedAt = Math.min(...attempts.map((attempt) => attempt.invokedAt));
  if (attempts.some(({ outcome }) => outcome.type === "unknown")) {
    for (let more = answers.length; more < Math.max(1, effectsMax); more += 1) {
      calls.push(...writesOf(operations, { invokedAt, outcome: "unknown" }));
    }
  }
  for (const attempt of attempts) calls.push(...refusalOf(operations, attempt));
  return calls;
}

function writesOf(
  operations: readonly AttemptedOperation[],
  how: Omit<Noted, "kind" | "key">,
): Noted[] {
  return operations
    .filter(({ isCheck }) => isCheck !== true)
    .map((operation) => ({ ...callOf(operation), ...how }));
}

/** A refusal says something of the key that it names. */
function refusalOf(
  operations: readonly AttemptedOperation[],
  { invokedAt, returnedAt, outcome }: Attempt,
): Noted[] {
  if (outcome.type !== "mismatch") return [];
  const refused = operations[outcome.index];
  if (refused === undefined) return [];
  const { version } = outcome;
  return [{ ...callOf(refused), invokedAt, returnedAt, outcome: "mismatch", version }];
}

const callOf = ({ key, value, ifVersion }: AttemptedOperation) =>
  ({ kind: value === undefined ? "delete" : "put", key, value, ifVersion }) as const;

/** What a write saw of other writes: the versions that it is conditional on, before its own operations. */
export function seenBy(
  operations: readonly AttemptedOperation[],
): { readonly key: string; readonly version: number }[] {
  const own = new Set<string>();
  const seen: { key: string; version: number }[] = [];
  for (const { key, ifVersion, isCheck } of operations) {
    if (ifVersion !== undefined && !own.has(key)) seen.push({ key, version: ifVersion });
    if (isCheck !== true) own.add(key);
  }
  return seen;
}

/** The keys that a write writes, in order. */
export const writesIn = (operations: readonly AttemptedOperation[]): Transaction["writes"] =>
  operations
    .filter(({ isCheck }) => isCheck !== true)
    .map(({ key, value }) => ({ key, isDeletion: value === undefined }));
