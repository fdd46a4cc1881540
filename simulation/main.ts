/** The command line of the experiment: `npm run simulate -- --help`. */
import { CommanderError } from "commander";
import { createProgram } from "./cli/program.ts";
import { exitCodes, SimulationError } from "./errors.ts";

try {
  const program = createProgram((code) => {
    process.exitCode = code;
  });
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end this way too; commander has said what was wrong.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (error instanceof SimulationError) {
    process.stderr.write(`simulate: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    throw error;
  }
}
