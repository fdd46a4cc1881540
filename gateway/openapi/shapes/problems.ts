/** The problem document of each error code (RFC 9457). */
import { z } from "zod";
import type { ErrorCode } from "../../../src/errors.ts";
import { errorCodes, problemKind, problemStatus } from "../../problems.ts";
import { key, nodeId, text, whole } from "./fields.ts";

const member = text("The id of the member that the call was meant for.").optional();

/** The members that a code adds to its document. */
const members: Readonly<Partial<Record<ErrorCode, z.ZodRawShape>>> = {
  NOT_LEADER: {
    leader: nodeId,
    leaderUrl: text("Where the leader is reached; empty while unknown."),
  },
  VERSION_MISMATCH: {
    index: whole("Of a batch: the place of the operation whose condition fails.").optional(),
    key,
    version: whole("The version found; 0: there is no such key."),
  },
  IDEMPOTENCY_KEY_REUSED: { idempotencyKey: text("The key that belongs to another write.") },
  COMPACTED: { oldest: whole("Where a watch can start.") },
  QUORUM_UNAVAILABLE: {
    live: whole("Followers that are live."),
    quorum: whole("Acks that the write asks for."),
  },
  RECOVERING: { member },
  OUTCOME_UNKNOWN: {
    member,
    version: whole("The sequence of the entry, where it is known.").nullable().optional(),
    acks: z.array(nodeId).meta({ description: "Followers that are known to hold it." }),
    quorum: whole("Acks that the write asks for.").nullable(),
  },
};

/** Statuses other than that of the code. */
const furtherStatuses: Readonly<Partial<Record<ErrorCode, readonly number[]>>> = {
  // The request did not arrive in time.
  INVALID_ARGUMENT: [408],
  // The condition was in the head.
  VERSION_MISMATCH: [412],
};

/** Every status that a refusal with this code may have. */
export const statusesOf = (code: ErrorCode): readonly number[] => [
  problemStatus(code),
  ...(furtherStatuses[code] ?? []),
];

/** `KEY_NOT_FOUND` becomes `KeyNotFoundProblem`. */
export const problemName = (code: ErrorCode): string =>
  `${code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Problem`;

const problemOf = (code: ErrorCode) => {
  const { type, title } = problemKind(code);
  return z
    .object({
      type: z.literal(type),
      title: z.literal(title),
      status: z.literal(statusesOf(code)),
      detail: text("One sentence for a person."),
      code: z.literal(code),
      ...members[code],
    })
    .meta({ id: problemName(code), description: `${title}.` });
};

/** The problem document of each code. */
export const problemShapes: ReadonlyMap<ErrorCode, z.ZodType> = new Map(
  errorCodes.map((code) => [code, problemOf(code)]),
);

/** The problem documents of some codes. */
export const problemsOf = (codes: readonly ErrorCode[]): readonly z.ZodType[] =>
  codes.map((code) => problemShapes.get(code) ?? z.never());
