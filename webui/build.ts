/**
 * Builds the page into `webui/dist` when its sources are newer than the page that is there. Run it with
 * `node webui/build.ts` (`--force` builds anyway; `--playground` builds that page alone), or import `buildPage`.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Extent } from "./playground/config.ts";

const here = import.meta.dirname;
const dist = join(here, "dist");
/** What the page is made of. Theory, statistics and the comparison are the simulation's own code. */
const sources = [
  "src",
  "index.html",
  "docs.html",
  "playground.html",
  "playground",
  "vite.config.ts",
  // The playground plays the real protocol.
  "../src",
  "../simulation",
  "../package-lock.json",
];

/** When a file, or anything in a folder, last changed, in ms since 1970; 0 where there is nothing. */
function newestChange(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const children = readdirSync(path).map((name) => newestChange(join(path, name)));
  return Math.max(stats.mtimeMs, ...children);
}

/** Whether the page that was built is newer than all of its sources. */
function pageIsFresh(): boolean {
  const built = statSync(join(dist, "index.html"), { throwIfNoEntry: false });
  return (
    built !== undefined && sources.every((path) => newestChange(join(here, path)) < built.mtimeMs)
  );
}

type PageBuild =
  | { readonly outcome: "fresh" | "built" }
  /** Vite is not installed: an older page is served, or none. */
  | { readonly outcome: "cannot build"; readonly pageIsThere: boolean };

/**
 * Leaves a page that is up to date in `webui/dist`. A production install has no Vite and serves
 * what was built before. Safe to run twice at once: a build is put in place in one step.
 */
export async function buildPage(options: { readonly force?: boolean } = {}): Promise<PageBuild> {
  if (options.force !== true && pageIsFresh()) return { outcome: "fresh" };
  const vite = await import("vite").catch(() => undefined);
  if (vite === undefined) return { outcome: "cannot build", pageIsThere: existsSync(dist) };
  const fresh = `${dist}-${randomUUID()}`;
  const former = `${dist}-${randomUUID()}`;
  try {
    await vite.build({
      root: here,
      configFile: join(here, "vite.config.ts"),
      logLevel: "warn",
      build: { outDir: fresh },
    });
    await buildPlayground(fresh);
    if (existsSync(dist)) renameSync(dist, former);
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(former, { recursive: true, force: true });
  }
  return { outcome: "built" };
}

/** Leaves `playground.html` in a folder, and touches nothing else there. */
export async function buildPlayground(outDir: string, extent: Extent = "small"): Promise<void> {
  const vite = await import("vite");
  const { playgroundOf } = await import("./playground/config.ts");
  await vite.build(playgroundOf(extent, outDir));
}

if (import.meta.main) {
  const [option] = process.argv.slice(2);
  if (option === "--playground") {
    await buildPlayground(dist);
    process.stdout.write(`playground: ${join(dist, "playground.html")}\n`);
  } else {
    const build = await buildPage({ force: option === "--force" });
    process.stdout.write(`page: ${build.outcome}\n`);
  }
}
