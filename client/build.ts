/**
 * Builds what is published into `dist/`: the library file by file with its types, and `kv` as one file
 * that brings what it needs with it. So the package depends on nothing but what the library needs.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const folder = import.meta.dirname;
const dist = join(folder, "dist");
const building = join(folder, `dist-${process.pid}`);
const compiler = join(folder, "../node_modules/typescript/bin/tsc");

const words = [compiler, "-p", join(folder, "tsconfig.build.json"), "--outDir", building];
const { status } = spawnSync(process.execPath, words, { stdio: "inherit" });
if (status !== 0) process.exit(1);

await build({
  configFile: false,
  root: folder,
  logLevel: "warn",
  ssr: { noExternal: true, target: "node" },
  build: {
    ssr: "cli/main.ts",
    outDir: building,
    emptyOutDir: false,
    target: "node20",
    minify: true,
    rollupOptions: { output: { entryFileNames: "kv.js", codeSplitting: false } },
  },
});
const program = join(building, "kv.js");
const text = readFileSync(program, "utf8");
writeFileSync(program, text.startsWith("#!") ? text : `#!/usr/bin/env node\n${text}`);
chmodSync(program, 0o755);

// Whoever reads the folder meanwhile finds the old one or the new one.
rmSync(dist, { recursive: true, force: true });
renameSync(building, dist);
