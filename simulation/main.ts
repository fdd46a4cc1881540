/** The command line of the experiment: `npm run simulate -- --help`. */
import { execute } from "./cli/execute.ts";
import { avoidProxies } from "./http/client.ts";

avoidProxies(process.env);
process.exitCode = await execute(process.argv.slice(2));
