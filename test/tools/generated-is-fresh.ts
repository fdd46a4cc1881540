/** Fails when generated code is not what `npm run generate` makes out of proto/ now. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const generatedFolders = ["src/transport/generated", "gateway/grpc/generated"];

function filesIn(folder: string): ReadonlyMap<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

/** How many files the folder should hold; those that differ are named on stderr. */
function check(scratch: string, folder: string): number {
  const fresh = filesIn(join(scratch, folder));
  const present = filesIn(folder);
  if (fresh.size === 0) throw new Error(`buf generated nothing for ${folder}`);
  const stale = [...new Set([...fresh.keys(), ...present.keys()])].filter(
    (path) => fresh.get(path) !== present.get(path),
  );
  for (const path of stale) console.error(`${folder}/${path} is stale: npm run generate`);
  if (stale.length > 0) process.exitCode = 1;
  return fresh.size;
}

const scratch = mkdtempSync(join(tmpdir(), "quorum-kv-generated-"));
try {
  execFileSync("buf", ["generate", "--output", scratch], { stdio: "inherit" });
  const counts = generatedFolders.map((folder) => check(scratch, folder));
  const files = counts.reduce((sum, count) => sum + count);
  if (process.exitCode === undefined) console.log(`${files} generated files are fresh`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
