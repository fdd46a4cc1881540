/** Why a run ends, as the exit code that scripts see. The list in `--help` is this one. */
export const exitCodes = {
  ok: 0,
  verdictFailed: 1,
  usage: 2,
  unreachable: 3,
  tooManyFailedWrites: 4,
  interrupted: 130,
} as const;

/** One of the codes above. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that its reader can act on: shown as one sentence, without a stack. */
export class SimulationError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The command was understood but asks for something impossible: exit code 2. */
export const usageError = (message: string): SimulationError =>
  new SimulationError(message, exitCodes.usage);

/** No usable answer came from the cluster: exit code 3. */
export const unreachable = (message: string, cause?: unknown): SimulationError =>
  new SimulationError(message, exitCodes.unreachable, { cause });

/** What happened, in a few words, for the end of a sentence. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof SimulationError) return error.message;
  // fetch says only "fetch failed"; what happened is in its cause.
  return error.cause instanceof Error ? error.cause.message : error.message;
}
