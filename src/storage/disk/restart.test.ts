import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { enough, entry, everything, put, write } from "../../../test/storage/support.ts";
import { digestOf } from "../standing.ts";
import { openDiskStorage } from "./disk.ts";
import { newestMeta } from "./lmdb/data-file.ts";
import { openEnvironment } from "./lmdb/environment.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-restart-"));
});
afterEach(() => rm(directory, { recursive: true }));

const tool = (name: string): string =>
  fileURLToPath(new URL(`../../../test/storage/tools/${name}`, import.meta.url));

/** Starts a process that writes, and waits until it has printed `linesMin` lines. */
async function startWriter(linesMin: number): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, [tool("write-forever.ts"), directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (line) => lines.push(line));
  while (lines.length < linesMin) await once(reader, "line");
  return { child, lines };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  child.kill("SIGKILL");
  await gone;
}

describe("a process killed at any moment", () => {
  test("leaves everything that it reported as flushed, and a consistent store", async () => {
    for (let round = 1; round <= 10; round += 1) {
      // Each round kills the process at a different point.
      const { child, lines } = await startWriter(round * 7);
      await kill(child);
      const storage = await openDiskStorage({ directory });
      const { applied, digest, keys } = storage.summary();
      expect(applied).toBeGreaterThanOrEqual(Number(lines.at(-1)));
      const records = everything(storage);
      expect({ digest, keys }).toEqual({ digest: digestOf(records), keys: records.length });
      expect(storage.hardState().committed).toBe(applied);
      const { last } = storage.logBounds();
      expect([0, applied]).toContain(last);
      const missing = storage.readLog(applied + 1, enough);
      expect(missing).toEqual([]);
      await storage.close();
    }
  });
});

describe("a directory that cannot be used is refused in one sentence", () => {
  const opening = () => openDiskStorage({ directory });

  test("while another process holds it, but not after that", async () => {
    const { child } = await startWriter(1);
    await expect(opening()).rejects.toThrow(/^the data in .* is in use by another process$/);
    await kill(child);
    await (await opening()).close();
  });

  test("while this process holds it", async () => {
    const storage = await opening();
    await expect(opening()).rejects.toMatchObject({ name: "StorageUnusable" });
    await write(storage, { append: [entry(1, [])] });
    await storage.close();
  });

  test("where it is no directory", async () => {
    const path = join(directory, "file");
    await writeFile(path, "");
    await expect(openDiskStorage({ directory: path })).rejects.toThrow(/cannot be opened: EEXIST/);
  });

  test("where the data file is not LMDB's", async () => {
    await writeFile(join(directory, "data.mdb"), "x".repeat(100_000));
    await expect(opening()).rejects.toThrow(/is damaged: data.mdb has no LMDB header/);
    await writeFile(join(directory, "data.mdb"), "x");
    await expect(opening()).rejects.toThrow(/is damaged: data.mdb has no LMDB header/);
  });

  test("where the data file was cut short", async () => {
    const storage = await openDiskStorage({ directory, memtableBytesMax: 1 });
    for (let sequence = 1; sequence <= 50; sequence += 1) {
      const operations = Array.from({ length: 100 }, (_, index) => put(`key ${sequence} ${index}`));
      await write(storage, { apply: [entry(sequence, operations)] });
    }
    await storage.close();
    const file = await open(join(directory, "data.mdb"));
    const { lastPage, pageSize } = await newestMeta(file);
    await file.close();
    for (const part of [0.9, 0.5, 0.1]) {
      const cut = await mkdtemp(join(tmpdir(), "quorum-kv-cut-"));
      await cp(directory, cut, { recursive: true });
      await truncate(join(cut, "data.mdb"), Math.floor((lastPage + 1) * pageSize * part));
      await expect(openDiskStorage({ directory: cut })).rejects.toThrow(
        /is damaged: data.mdb is cut short|cannot be opened: MDB_CORRUPTED/,
      );
      await rm(cut, { recursive: true });
    }
  });

  test.each(["newer", "quorum-kv 1"])("where the format is %s", async (format) => {
    await (await opening()).close();
    const environment = openEnvironment(directory);
    await environment.commit(() => void environment.meta.put("format", Buffer.from(format)));
    await environment.close();
    await expect(opening()).rejects.toThrow(
      `has the format "${format}"; this version reads only "quorum-kv 2"`,
    );
  });
});

test("an empty data file, left by a process killed during its first start, is initialised", async () => {
  await writeFile(join(directory, "data.mdb"), "");
  const storage = await openDiskStorage({ directory });
  await write(storage, { append: [entry(1, [])] });
  await storage.close();
});
