/** Builds the page that the nodes serve, from the sources in this folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const builder = fileURLToPath(new URL("../../webui/build.ts", import.meta.url));

/**
 * Runs the page's build, which does nothing when the page is newer than its sources. Returns undefined
 * once the page is there, else one sentence that says why not: nodes work without it.
 */
export async function buildPage(): Promise<string | undefined> {
  if (!existsSync(builder))
    return "The sources of the page are missing here; nodes serve the API without a page.";
  // A process of its own, so that the bundler's memory is gone when the cluster runs.
  const build = spawn(process.execPath, [builder], { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(build, "close");
  return code === 0
    ? undefined
    : "The page could not be built; nodes serve the API without a page.";
}
