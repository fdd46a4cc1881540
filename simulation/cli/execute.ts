/** Runs one command line and answers its exit code. */
import { CommanderError } from "commander";
import { type ExitCode, exitCodes, SimulationError } from "../errors.ts";
import { Problem } from "../http/client.ts";
import { complain } from "./output.ts";
import { createProgram } from "./program.ts";

/** Reports errors on standard error. Throws only what is a fault of this program. */
export async function execute(words: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  try {
    const program = createProgram((code) => {
      exitCode = code;
    });
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help ends this way too; commander has said what was wrong.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    if (error instanceof Problem) {
      complain(error.message);
      return exitCodes.unreachable;
    }
    if (!(error instanceof SimulationError)) throw error;
    complain(error.message);
    return error.exitCode;
  }
}
