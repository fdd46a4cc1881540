/** The log's files are removed in the background, but never after the log is closed. */
import { Buffer } from "node:buffer";
import { pbkdf2 } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fileName } from "./log-file.ts";
import { LogFiles } from "./log-files.ts";
import { openLog } from "./log-opening.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-files-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A log of two files with one frame each. */
async function twoFiles(): Promise<LogFiles> {
  const files = new LogFiles({ directory, files: [], fileBytes: 1 });
  for (const number of [1, 2])
    await new Promise((done) => files.append({ number, bytes: Buffer.alloc(8) }, done));
  return files;
}

/** Work for all threads that carry out file operations: what is begun afterwards waits behind it. */
function occupyThreads(): Promise<unknown> {
  const threads = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4);
  const derive = promisify(pbkdf2);
  const work = Array.from({ length: 2 * threads }, () =>
    derive("password", "salt", 30_000, 32, "sha256"),
  );
  return Promise.all(work);
}

test("a closed log removes no file any more", async () => {
  const files = await twoFiles();
  const work = occupyThreads();
  files.dropBefore(2);
  await files.close();
  expect(readdirSync(directory)).toEqual([fileName(2)]);
  await work;
});

test("a log opens although a file that is left over disappears meanwhile", async () => {
  const files = await twoFiles();
  await files.close();
  const opened = openLog({ directory, oldest: 3, covered: 0 }, () => {});
  // Both list the directory before either of them removes a file.
  const openedToo = openLog({ directory, oldest: 3, covered: 0 }, () => {});
  expect(await Promise.all([opened, openedToo])).toEqual([[], []]);
});
