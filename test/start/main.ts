/** `npm run test:stop -- --times 20`: a cluster under full load is stopped, so many times. */
import { parseArgs } from "node:util";
import { stopUnderLoad } from "./stopping.ts";

const { values } = parseArgs({ options: { times: { type: "string", default: "20" } } });
const log = (line: string): void => void process.stdout.write(`${line}\n`);
try {
  await stopUnderLoad({ times: Number(values.times), log });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
