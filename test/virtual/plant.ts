/** Plants a fault into a copy of the source and hunts for it there with the same seeds. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import type { PlantedFault } from "../../src/virtual/planted/planted-fault.ts";

const root = join(import.meta.dirname, "..", "..");
const parts = ["src", "test/virtual", "package.json"];

export interface Catch {
  readonly caught: boolean;
  /** What the hunt printed. */
  readonly report: string;
}

/** Throws where the fault cannot be planted, because the source has moved on. */
export async function plantAndHunt(fault: PlantedFault | undefined, seeds: number): Promise<Catch> {
  const copy = await mkdtemp(join(tmpdir(), "planted-"));
  try {
    for (const part of parts) await cp(join(root, part), join(copy, part), { recursive: true });
    await symlink(join(root, "node_modules"), join(copy, "node_modules"));
    if (fault !== undefined) await plant(fault, copy);
    if (fault?.story !== undefined) return await hunt(copy, byStory(fault.story));
    const kind = fault?.failover === true ? ["--failover"] : [];
    return await hunt(copy, [...bySeeds(seeds), ...kind]);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function plant({ name, file, from, to }: PlantedFault, copy: string): Promise<void> {
  const path = join(copy, "src", file);
  const source = await readFile(path, "utf8");
  const found = source.split(from).length - 1;
  if (found !== 1)
    throw new Error(
      `"${name}" cannot be planted: its snippet stands ${found} times in src/${file}`,
    );
  await writeFile(
    path,
    source.replace(from, () => to),
  );
}

const bySeeds = (seeds: number) => ["test/virtual/main.ts", "--seeds", String(seeds), "--stop"];
const byStory = (story: string) => ["test/virtual/playing.ts", "--check", story];

function hunt(copy: string, args: readonly string[]): Promise<Catch> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: copy }, (error, stdout, stderr) => {
      // Only a promise seen broken counts: a copy that does not even start proves nothing.
      const caught = error !== null && /^(seed \d+: |story .* goes another way)/m.test(stdout);
      resolve({ caught, report: `${stdout}${stderr}` });
    });
    if (child.pid !== undefined) setPriority(child.pid, 5);
  });
}
