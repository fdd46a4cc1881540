/**
 * The simulation as the separate program it is. It has dependencies of its own, which a node can do
 * without: this says whether they are installed, before a run borrows the cluster's delays.
 */
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { fileURLToPath } from "node:url";

/** The workspace of this repository. */
export const simulationFolder = new URL("../../simulation/", import.meta.url);

/** The file that `node` runs. */
export const programIn = (folder: URL): string => fileURLToPath(new URL("main.ts", folder));

/** The simulation's dependencies that are not installed; undefined where there is no simulation. */
export function missingDependencies(folder: URL): readonly string[] | undefined {
  try {
    const manifest = readFileSync(new URL("package.json", folder), "utf8");
    const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(manifest);
    return Object.keys(dependencies).filter((name) => !isInstalled(name, folder));
  } catch {
    return undefined;
  }
}

/** Asked of Node itself, which looks where an import from that folder would. */
function isInstalled(name: string, folder: URL): boolean {
  try {
    return findPackageJSON(name, new URL("main.ts", folder)) !== undefined;
  } catch {
    return false;
  }
}
