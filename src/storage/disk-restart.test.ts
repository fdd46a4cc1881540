import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BLANK_MARKS } from "../replication/types.ts";
import { ENOUGH, entry, everything, put, write } from "./contract.ts";
import { digestOf, recordHash } from "./digest.ts";
import { openDiskStorage, StorageUnusable } from "./disk.ts";
import { Arena, writeCheckpoint } from "./lmdb-codec.ts";
import { openEnvironment } from "./lmdb-environment.ts";
import { newestMeta } from "./lmdb-file.ts";
import { writeEntry } from "./log/entry-codec.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-restart-"));
});
afterEach(() => rm(directory, { recursive: true }));

const tool = (name: string): string => fileURLToPath(new URL(`tools/${name}`, import.meta.url));

/** A writing process and the lines that it prints, once it has printed that many. */
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
  test("leaves everything it was told to be flushed, and a whole store", async () => {
    for (let round = 1; round <= 10; round += 1) {
      // It comes to a different point each time, in the middle of what it does next.
      const { child, lines } = await startWriter(round * 7);
      await kill(child);
      const storage = await openDiskStorage({ directory });
      const { applied, digest, keys } = storage.summary();
      expect(applied).toBeGreaterThanOrEqual(Number(lines.at(-1)));
      const records = everything(storage);
      expect({ digest, keys }).toEqual({ digest: digestOf(records), keys: records.length });
      expect(storage.marks().committed).toBe(applied);
      const { last } = storage.logBounds();
      expect([0, applied]).toContain(last);
      const missing = storage.readLog(applied + 1, ENOUGH);
      expect(missing).toEqual([]);
      await storage.close();
    }
  });
});

describe("a directory that cannot be used is refused in a sentence", () => {
  const opening = () => openDiskStorage({ directory });

  test("while another process holds it, and no longer", async () => {
    const { child } = await startWriter(1);
    await expect(opening()).rejects.toThrow(/^the data in .* is in use by another process$/);
    await kill(child);
    await (await opening()).close();
  });

  test("while this process holds it", async () => {
    const storage = await opening();
    await expect(opening()).rejects.toThrow(StorageUnusable);
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
    await expect(opening()).rejects.toThrow(/is damaged: its header is not LMDB's/);
    await writeFile(join(directory, "data.mdb"), "x");
    await expect(opening()).rejects.toThrow(/is damaged: its header is not LMDB's/);
  });

  test("where the data file was cut short", async () => {
    const storage = await openDiskStorage({ directory, layerBytes: 1 });
    const operations = Array.from({ length: 5000 }, (_, index) => put(`key ${index}`));
    await write(storage, { apply: [entry(1, operations)] });
    await storage.close();
    const file = await open(join(directory, "data.mdb"));
    const { lastPage, pageSize } = await newestMeta(file);
    await file.close();
    for (const part of [0.9, 0.5, 0.1]) {
      const cut = await mkdtemp(join(tmpdir(), "quorum-kv-cut-"));
      await cp(directory, cut, { recursive: true });
      await truncate(join(cut, "data.mdb"), Math.floor((lastPage + 1) * pageSize * part));
      await expect(openDiskStorage({ directory: cut })).rejects.toThrow(
        /is damaged: .*cut short|cannot be opened: MDB_CORRUPTED/,
      );
      await rm(cut, { recursive: true });
    }
  });

  test("where the format is unknown", async () => {
    await (await opening()).close();
    const environment = openEnvironment(directory);
    await environment.commit(() => void environment.meta.put("format", Buffer.from("newer")));
    await environment.close();
    await expect(opening()).rejects.toThrow(/has the format "newer"; this version reads/);
  });
});

test("an empty data file, left by a process killed while it began, is begun again", async () => {
  await writeFile(join(directory, "data.mdb"), "");
  const storage = await openDiskStorage({ directory });
  await write(storage, { append: [entry(1, [])] });
  await storage.close();
});

test("a directory of the former format keeps its log and store", async () => {
  const entries = [4, 5, 6, 7].map((number) => entry(number, [put(`key ${number}`)], number));
  const record = { key: "key 4", value: '"key 4"', version: 4, origin: 4 };
  const environment = openEnvironment(directory);
  await environment.commit(() => {
    const log = environment.formerLog();
    const bytes = Buffer.alloc(200);
    for (const each of [entry(2, []), ...entries])
      void log.put(each.sequence, Buffer.from(bytes.subarray(0, writeEntry(bytes, 0, each))));
    const arena = new Arena();
    void environment.stores[1].put(record.key, arena.record(record, recordHash(record)));
    const standing = { applied: 4, sum: recordHash(record), keys: 1, history: undefined };
    const footing = { frame: 0, standing, active: 1, forgotten: 3 } as const;
    const former = writeCheckpoint({ footing, oldestFile: 0 }).subarray(0, 33);
    void environment.meta.put("footing", former);
    void environment.meta.put("marks", Buffer.from(JSON.stringify(BLANK_MARKS)));
    void environment.meta.put("format", Buffer.from("quorum-kv 1"));
  });
  await environment.close();
  for (let start = 1; start <= 2; start += 1) {
    const storage = await openDiskStorage({ directory });
    expect(storage.readLog(1, ENOUGH)).toEqual(entries);
    const sums = { digest: digestOf([record]), history: undefined };
    expect(storage.summary()).toEqual({ applied: 4, ...sums, keys: 1 });
    expect(everything(storage)).toEqual([record]);
    await storage.close();
  }
});

test("a directory of the former format may have an empty log", async () => {
  const environment = openEnvironment(directory);
  await environment.commit(() => void environment.meta.put("format", Buffer.from("quorum-kv 1")));
  await environment.close();
  for (let start = 1; start <= 2; start += 1) {
    const storage = await openDiskStorage({ directory });
    expect(storage.logBounds().last).toBe(start - 1);
    await write(storage, { append: [entry(start, [])] });
    await storage.close();
  }
});
