/** Sees to it that the page the nodes serve is built from the sources that are here. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const builder = fileURLToPath(new URL("../../webui/build.ts", import.meta.url));

/** Undefined when the page is there; else one sentence. The cluster works without it. */
export async function pageTrouble(): Promise<string | undefined> {
  if (!existsSync(builder)) return "The page is not part of this copy; nodes serve the API alone.";
  // A process of its own, so that the bundler's memory is gone when the cluster runs.
  const build = spawn(process.execPath, [builder], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(build, "close");
  return code === 0 ? undefined : "The page could not be built; nodes serve the API alone.";
}
