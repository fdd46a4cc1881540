/** `npm run test:compose`: the compose tests where an engine is, one honest line where it is not. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { findEngine } from "./engine.ts";

const engine = findEngine();
if (engine.found) {
  const vitest = resolve(import.meta.dirname, "../../node_modules/.bin/vitest");
  const config = join(import.meta.dirname, "vitest.config.ts");
  const args = [vitest, "run", "--config", config, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
} else {
  console.log(`Skipped: ${engine.reason}.`);
  console.log("0 passed, 0 failed, 1 skipped");
}
