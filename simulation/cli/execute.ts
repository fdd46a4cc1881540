/** One command line from its words to its exit code. */
import { CommanderError } from "commander";
import { type ExitCode, exitCodes, SimulationError } from "../errors.ts";
import { createProgram } from "./program.ts";

/** Says what went wrong on standard error; throws only what is a mistake of ours. */
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
    if (!(error instanceof SimulationError)) throw error;
    process.stderr.write(`simulate: ${error.message}\n`);
    return error.exitCode;
  }
}
