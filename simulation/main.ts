/** The command line of the experiment: `npm run simulate -- --help`. */
import { execute } from "./cli/execute.ts";
import { avoidProxies } from "./http/client.ts";
import { showToken } from "./http/credential.ts";

avoidProxies(process.env);
showToken(process.env["KV_TOKEN"]);
process.exitCode = await execute(process.argv.slice(2));
