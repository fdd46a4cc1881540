/** Runs one command line and answers its exit code. */
import { CommanderError } from "commander";
import { KVError } from "../src/errors.ts";
import { CommandError, type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import type { Io } from "./io.ts";
import { createProgram } from "./program.ts";
import { visible } from "./terminal/visible.ts";

/** Reports errors on standard error. Throws only what is a fault of this program. */
export async function execute(words: readonly string[], io: Io): Promise<ExitCode> {
  const say = (text: string) => void io.stderr.write(`kv: ${visible(text)}\n`);
  try {
    let exitCode: ExitCode = exitCodes.ok;
    const program = createProgram(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    // Help ends this way too; commander has said what was wrong.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    if (error instanceof CommandError) {
      say(error.message);
      return error.exitCode;
    }
    if (error instanceof KVError) {
      say(`${error.code}: ${error.message}`);
      if (error.written === "unknown") say("the write may be stored, or may still be");
      return exitCodeOf(error);
    }
    throw error;
  }
}
