/**
 * Six writes, one after the other, each announced on standard error when it is told to be
 * flushed: made to be run under strace, as docs/durability.md shows.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";

const directory = await mkdtemp(join(tmpdir(), "quorum-kv-trace-"));
const storage = await openDiskStorage({ directory });
process.stderr.write("storage is open\n");
for (const sequence of [1, 2, 3, 4, 5, 6]) {
  const operations = [{ key: `key ${sequence}`, value: `"value ${sequence}"` }];
  const entry = { sequence, epoch: 1, origin: 1, operations };
  await new Promise<void>((resolve) => {
    storage.write({ append: [entry], apply: [entry] }, (fault) => {
      process.stderr.write(fault ? `fault: ${fault.reason}\n` : `write ${sequence} is flushed\n`);
      resolve();
    });
  });
}
await storage.close();
await rm(directory, { recursive: true });
