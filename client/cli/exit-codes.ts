/** How `kv` ends. */
import type { KVError } from "../src/errors.ts";
import { isTransient } from "../src/errors.ts";

export const exitCodes = {
  ok: 0,
  usage: 1,
  notFound: 2,
  conflict: 3,
  unavailable: 4,
  unknown: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitHelp = `
Exit codes:
  0  success
  1  wrong usage, or refused as it is: a bad argument, no permission
  2  not found: no such key, or the log no longer reaches back that far
  3  conflict: the key has another version; diff: the stores differ
  4  unavailable, or given up: nothing was written
  5  the outcome is unknown: a write may be stored, or may still be`;

/** An end that is not the store's doing. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(error: KVError): ExitCode {
  if (error.written === "unknown") return exitCodes.unknown;
  switch (error.code) {
    case "KEY_NOT_FOUND":
    case "COMPACTED":
      return exitCodes.notFound;
    case "VERSION_MISMATCH":
      return exitCodes.conflict;
    case "CONNECTION_LOST":
    case "TIMEOUT":
    case "ABORTED":
    case "UNEXPECTED_ANSWER":
    case "INTERNAL":
    case "OUTCOME_UNKNOWN":
      return exitCodes.unavailable;
    default:
      return isTransient(error) ? exitCodes.unavailable : exitCodes.usage;
  }
}
