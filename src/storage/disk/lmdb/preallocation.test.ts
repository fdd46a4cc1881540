import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Preallocation } from "./preallocation.ts";

const pageSize = 4096;
const mebibyte = 1024 * 1024;
let directory = "";
let path = "";
let preallocation: Preallocation;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-preallocation-"));
  path = join(directory, "data.mdb");
  await writeFile(path, Buffer.alloc(2 * pageSize, 1));
  preallocation = new Preallocation(path);
});
afterEach(async () => {
  await preallocation.close();
  await rm(directory, { recursive: true });
});

test("the file has room for a transaction behind the last used page, and what is used stays", async () => {
  for (const lastPageNumber of [1, 700, 701]) {
    await preallocation.reserve({ records: 10, bytes: 300_000 }, { lastPageNumber, pageSize });
    const { size } = await stat(path);
    expect(size).toBeGreaterThanOrEqual((lastPageNumber + 1) * pageSize + mebibyte + 900_000);
  }
  const bytes = await readFile(path);
  expect(bytes.subarray(0, 2 * pageSize)).toEqual(Buffer.alloc(2 * pageSize, 1));
});

test("where there is room, the last page alone is written: a read-only disk shows", async () => {
  const used = { lastPageNumber: 1, pageSize };
  await preallocation.reserve({ records: 10, bytes: 300_000 }, used);
  const { size } = await stat(path);
  await writeFile(path, Buffer.alloc(size, 1), { flag: "r+" });
  await preallocation.reserve({ records: 1, bytes: 100 }, used);
  const bytes = await readFile(path);
  expect(bytes.length).toBe(size);
  expect(bytes.indexOf(0)).toBe(size - pageSize);
  expect(bytes.subarray(size - pageSize)).toEqual(Buffer.alloc(pageSize));
});
