import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enough, entry, put, write } from "../../../test/storage/support.ts";
import { openDiskStorage } from "./disk.ts";

let parent = "";
let directory = "";
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "quorum-kv-access-"));
  directory = join(parent, "node", "data");
});
afterEach(() => rm(parent, { recursive: true }));

const writer = fileURLToPath(
  new URL("../../../test/storage/tools/write-forever.ts", import.meta.url),
);

/** Path and mode of everything in the folder, itself included, that others can do anything with. */
async function openToOthers(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })) as string[];
  const found = await Promise.all(
    ["", ...names].map(async (name) => {
      // Log files come and go while the writer is running.
      const stats = await lstat(join(folder, name)).catch(() => undefined);
      const mode = (stats?.mode ?? 0) & 0o777;
      return mode & 0o077 ? [`${name} ${mode.toString(8)}`] : [];
    }),
  );
  return found.flat();
}

test("whatever the umask, only the owner reads what a node writes, at any moment", async () => {
  const command = 'umask 000; exec "$0" "$1" "$2"';
  const child = spawn("sh", ["-c", command, process.execPath, writer, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "close");
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    seen += 1;
    expect(await openToOthers(join(parent, "node"))).toEqual([]);
    if (seen === 60) child.kill("SIGKILL");
  }
  await gone;
  const names = await readdir(directory);
  expect(names.toSorted()).toEqual(["data.mdb", "in-use.lock", "lock.mdb", "log"]);
  expect(await openToOthers(join(parent, "node"))).toEqual([]);
});

describe("a folder that others can read, as former versions left it,", () => {
  const warnings: string[] = [];
  const opening = () =>
    openDiskStorage({ directory, warn: (sentence) => void warnings.push(sentence) });

  beforeEach(async () => {
    const storage = await opening();
    await write(storage, { append: [entry(1, [put("a")])] });
    await storage.close();
    await chmod(directory, 0o755);
    for (const name of await readdir(directory, { recursive: true })) {
      const path = join(directory, name);
      await chmod(path, (await stat(path)).isDirectory() ? 0o755 : 0o664);
    }
    warnings.length = 0;
  });

  test("is closed to them at the start", async () => {
    const storage = await opening();
    expect(storage.readLog(1, enough)).toHaveLength(1);
    await storage.close();
    expect(await openToOthers(directory)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("keeps the mode of the folder itself where other things are in it, with a warning", async () => {
    await writeFile(join(directory, "notes.txt"), "somebody's", { mode: 0o644 });
    await (await opening()).close();
    expect(await openToOthers(directory)).toEqual([" 755", "notes.txt 644"]);
    expect(warnings).toEqual([
      `other users can list ${directory}, which is shared or belongs to another user; the files in it are closed to them`,
    ]);
  });

  const isRoot = process.geteuid?.() === 0;
  test.runIf(isRoot)("keeps the mode of a folder of another user, with a warning", async () => {
    await chown(directory, 65_534, 65_534);
    await (await opening()).close();
    expect(await openToOthers(directory)).toEqual([" 755"]);
    expect(warnings).toHaveLength(1);
  });

  test("keeps the mode of a folder such as /tmp", async () => {
    await chmod(directory, 0o1777);
    await (await opening()).close();
    expect((await stat(directory)).mode & 0o7777).toBe(0o1777);
    expect(warnings).toHaveLength(1);
  });
});

test("an empty folder, such as a new volume, becomes the owner's alone", async () => {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  await (await openDiskStorage({ directory })).close();
  expect(await openToOthers(directory)).toEqual([]);
});
