import { Buffer } from "node:buffer";
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { boundsOf } from "../../../../test/storage/forged-log.ts";
import { enough, entry, put, write } from "../../../../test/storage/support.ts";
import { type DiskOptions, openDiskStorage } from "../disk.ts";
import { frameAt } from "./frame.ts";
import { fileHeaderBytes, fileName, readHeader } from "./log-file.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-log-"));
});
afterEach(() => rm(directory, { recursive: true }));

const opening = (bounds: Omit<DiskOptions, "directory"> = {}) =>
  openDiskStorage({ directory, ...bounds });
const firstFile = (): string => join(directory, "log", fileName(1));

/** Flushes `count` batches. Each appends and applies one entry. */
async function flushes(count: number, bounds: Omit<DiskOptions, "directory"> = {}): Promise<void> {
  const storage = await opening(bounds);
  for (let number = 1; number <= count; number += 1) {
    const entries = [entry(number, [put(`key ${number}`, `"${"v".repeat(90)}"`)])];
    await write(storage, { append: entries, apply: entries });
  }
  await storage.close();
}

async function readState(): Promise<{ applied: number; keys: number; logged: number }> {
  const storage = await opening();
  const { applied, keys } = storage.summary();
  const logged = storage.readLog(1, enough).length;
  await storage.close();
  return { applied, keys, logged };
}

describe("a flush that was cut off", () => {
  /** What follows the cut: the zeros from before, or arbitrary bytes. */
  const rests: Record<string, (length: number) => Buffer> = {
    zeros: (length) => Buffer.alloc(length),
    rubbish: (length) => Buffer.alloc(length, 0xa5),
  };

  test.each(Object.keys(rests))("leaves no trace, with %s behind the cut", async (kind) => {
    await flushes(3);
    const whole = await readFile(firstFile());
    const [, , start = 0, end = 0] = boundsOf(whole);
    for (let cut = start; cut < end; cut += cut < start + 80 ? 5 : 23) {
      const torn = Buffer.from(whole);
      rests[kind]?.(end - cut).copy(torn, cut);
      await writeFile(firstFile(), torn);
      expect(await readState(), `cut at ${cut - start}`).toEqual({
        applied: 2,
        keys: 2,
        logged: 2,
      });
    }
    const again = await opening();
    await write(again, { append: [entry(3, [put("again")])], apply: [entry(3, [put("again")])] });
    await again.close();
    expect(await readState()).toEqual({ applied: 3, keys: 3, logged: 3 });
  });

  test("may have been the first one of a file, or the creation of that file", async () => {
    await flushes(2, { logFileBytes: 1 });
    const second = join(directory, "log", fileName(2));
    const whole = await readFile(second);
    for (const bytes of [fileHeaderBytes + 40, fileHeaderBytes, 10, 0]) {
      await writeFile(second, whole.subarray(0, bytes));
      expect(await readState()).toEqual({ applied: 1, keys: 1, logged: 1 });
    }
    await flushes(0);
    const storage = await opening({ logFileBytes: 1 });
    await write(storage, { append: [entry(2, [])], apply: [entry(2, [])] });
    await storage.close();
    expect(await readState()).toEqual({ applied: 2, keys: 1, logged: 2 });
  });
});

describe("damage is refused in one sentence, and nothing is lost by that", () => {
  test("a byte changed in a frame that others follow", async () => {
    await flushes(3);
    const whole = await readFile(firstFile());
    const [first = 0, second = 0] = boundsOf(whole);
    for (let at = first; at < second; at += 11) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      await writeFile(firstFile(), damaged);
      await expect(opening(), `byte ${at}`).rejects.toThrow(
        /is damaged: .* is corrupt from byte \d/,
      );
    }
    await writeFile(firstFile(), whole);
    expect(await readState()).toEqual({ applied: 3, keys: 3, logged: 3 });
  });

  test("a file that is missing, cut short, or a copy of another file", async () => {
    await flushes(4, { logFileBytes: 1 });
    const path = (number: number): string => join(directory, "log", fileName(number));
    const kept = await mkdtemp(join(tmpdir(), "quorum-kv-kept-"));
    await cp(directory, kept, { recursive: true });
    const damages: [() => Promise<void>, RegExp][] = [
      [() => rm(path(1)), /frame 1 of the log is missing/],
      [() => rm(path(2)), /frame 2 of the log is missing/],
      [() => truncate(path(2), fileHeaderBytes), /frame 2 of the log is missing/],
      [() => truncate(path(2), 20), /the header of .* is incomplete or damaged/],
      [() => cp(path(1), path(2)), /the header of .* belongs to \d+\.log/],
    ];
    for (const [damage, sentence] of damages) {
      await damage();
      await expect(opening()).rejects.toThrow(sentence);
      await cp(kept, directory, { recursive: true });
    }
    await rm(kept, { recursive: true });
    expect(await readState()).toEqual({ applied: 4, keys: 4, logged: 4 });
  });

  test("a missing log that the checkpoint refers to", async () => {
    await flushes(3, { memtableBytesMax: 1 });
    await rm(join(directory, "log"), { recursive: true });
    await expect(opening()).rejects.toThrow(/is damaged: the log ends before frame \d/);
  });
});

test("a missing store is rebuilt from a log that reaches back to the first entry", async () => {
  await flushes(3);
  await rm(join(directory, "data.mdb"));
  expect(await readState()).toEqual({ applied: 3, keys: 3, logged: 3 });
});

test("log files are removed once a checkpoint covers them and the log is compacted", async () => {
  const bounds = { memtableBytesMax: 1, logFileBytes: 1 };
  await flushes(6, bounds);
  const storage = await opening(bounds);
  for (const number of [7, 8, 9]) {
    const entries = [entry(number, [put("more")])];
    await write(storage, { append: entries, apply: entries, compactTo: 5 });
  }
  await storage.close();
  const [oldest] = (await readdir(join(directory, "log"))).sort();
  expect(oldest).toBe(fileName(6));
  expect(await readState()).toEqual({ applied: 9, keys: 7, logged: 4 });
});

test("a frame of another directory is not accepted", async () => {
  await flushes(1);
  const file = await readFile(firstFile());
  const salt = readHeader(file)?.salt ?? 0;
  expect(frameAt(file, fileHeaderBytes, salt)).toMatchObject({ number: 1 });
  expect(frameAt(file, fileHeaderBytes, salt + 1)).toBeUndefined();
});

test("the last whole frame, which may be in memory only, is written again before it counts", async () => {
  await flushes(3);
  const before = await readFile(firstFile());
  await utimes(firstFile(), 1, 1);
  expect(await readState()).toEqual({ applied: 3, keys: 3, logged: 3 });
  expect((await stat(firstFile())).mtimeMs).toBeGreaterThan(1_000);
  expect(await readFile(firstFile())).toEqual(before);
});

test("older files are read without being opened again", async () => {
  const storage = await opening({ logFileBytes: 1 });
  for (let number = 1; number <= 3; number += 1) {
    const entries = [entry(number, [put(`key ${number}`)])];
    await write(storage, { append: entries, apply: entries });
  }
  expect((await readdir(join(directory, "log"))).length).toBe(3);
  // Nobody can open the file by its name any more.
  await rm(firstFile());
  expect(storage.readLog(1, enough)).toHaveLength(3);
  await storage.close();
});
