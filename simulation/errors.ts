/** Why a run ends, as the exit code that scripts see. The list in `--help` is this one. */
export const exitCodes = {
  ok: 0,
  verdictFailed: 1,
  usage: 2,
  unreachable: 3,
  tooManyFailedWrites: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An end that a person can do something about: one sentence, no stack. */
export class SimulationError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): SimulationError =>
  new SimulationError(message, exitCodes.usage);

export const unreachable = (message: string, cause?: unknown): SimulationError =>
  new SimulationError(message, exitCodes.unreachable, { cause });

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SimulationError) return error.message;
  // fetch says only "fetch failed"; what happened is in its cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
