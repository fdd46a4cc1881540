/** Hunts for planted faults, with all of them in one build and one of them in force in each thread. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "vite";
import { faults } from "../../webui/playground/faults.ts";
import type { HuntOrder } from "./hunter.ts";

const root = join(import.meta.dirname, "../..");

export class Hunters {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws where a fault cannot be planted, because the source has moved on. */
  static async train(): Promise<Hunters> {
    // Below node_modules, so that the build finds its packages.
    const folder = mkdtempSync(join(root, "node_modules/.hunters-"));
    const entry = join(import.meta.dirname, "hunter.ts");
    await build({
      ...{ configFile: false, logLevel: "error", plugins: [faults()] },
      build: {
        ...{ outDir: folder, target: "node24", minify: false, emptyOutDir: false },
        lib: { entry, formats: ["es"], fileName: () => "hunter.mjs" },
        // Packages; the list of faults is made by the build itself.
        rolldownOptions: { external: (id) => !/^(?:[./\0]|virtual:)/.test(id) },
      },
    });
    return new Hunters(folder);
  }

  /** What was seen of the fault; undefined: nothing. Rejects where the build itself does not run. */
  hunt(order: HuntOrder): Promise<string | undefined> {
    const worker = new Worker(join(this.#folder, "hunter.mjs"), { workerData: order });
    return new Promise((resolve, reject) => {
      worker.on("message", resolve);
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("the hunter ended without a word")));
    });
  }

  end(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
