/** The command line of the experiment: `npm run simulate -- --help`. */
import { execute } from "./cli/execute.ts";

process.exitCode = await execute(process.argv.slice(2));
