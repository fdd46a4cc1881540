/** The virtual world as the playground plays it, built from the present source with all planted faults. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { type Extent, engineOf } from "../../webui/playground/config.ts";
import type * as Engine from "../../webui/src/playground/world/engine.ts";

const root = join(import.meta.dirname, "../..");

export async function builtEngine(extent: Extent): Promise<typeof Engine> {
  // Below node_modules: as a package, so that nobody changes it on the way.
  const outDir = mkdtempSync(join(root, "node_modules/.playground-"));
  const entry = join(root, "webui/src/playground/world/engine.ts");
  const engine = engineOf(extent);
  try {
    await build({
      ...{ configFile: false, logLevel: "error", plugins: engine.plugins },
      build: {
        ...{ outDir, target: "es2023", emptyOutDir: false },
        lib: { entry, formats: ["es"], fileName: () => "engine.mjs" },
        rolldownOptions: { transform: engine.transform },
      },
    });
    return await import(pathToFileURL(join(outDir, "engine.mjs")).href);
  } finally {
    rmSync(outDir, { recursive: true });
  }
}
