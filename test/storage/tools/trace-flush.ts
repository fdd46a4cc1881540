/**
 * Makes six writes, one after the other, and prints a line on standard error when each is flushed.
 * Run it under strace, as docs/durability.md shows.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { entry, put } from "../support.ts";

const directory = await mkdtemp(join(tmpdir(), "quorum-kv-trace-"));
const storage = await openDiskStorage({ directory });
process.stderr.write("storage is open\n");
for (const sequence of [1, 2, 3, 4, 5, 6]) {
  const entries = [entry(sequence, [put(`key ${sequence}`, `"value ${sequence}"`)])];
  await new Promise<void>((resolve) => {
    storage.write({ append: entries, apply: entries }, (fault) => {
      process.stderr.write(fault ? `fault: ${fault.reason}\n` : `write ${sequence} is flushed\n`);
      resolve();
    });
  });
}
await storage.close();
await rm(directory, { recursive: true });
