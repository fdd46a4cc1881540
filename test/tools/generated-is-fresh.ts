/** Fails when src/transport/generated is not what `npm run generate` makes out of proto/ now. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const generatedFolder = "src/transport/generated";

function filesIn(folder: string): ReadonlyMap<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

const scratch = mkdtempSync(join(tmpdir(), "quorum-kv-generated-"));
try {
  execFileSync("buf", ["generate", "--output", scratch], { stdio: "inherit" });
  const fresh = filesIn(join(scratch, generatedFolder));
  const present = filesIn(generatedFolder);
  if (fresh.size === 0) throw new Error("buf generated nothing");
  const stale = [...new Set([...fresh.keys(), ...present.keys()])].filter(
    (path) => fresh.get(path) !== present.get(path),
  );
  for (const path of stale) console.error(`${generatedFolder}/${path} is stale: npm run generate`);
  if (stale.length > 0) process.exitCode = 1;
  else console.log(`${fresh.size} generated files are fresh`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
