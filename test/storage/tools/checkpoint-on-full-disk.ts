/**
 * A large store, a disk that somebody else fills while a checkpoint has all to write, and room again:
 * `checkpoint-on-full-disk.ts <directory> <file that fills the disk>`. Prints what was found as JSON.
 */
import { Buffer } from "node:buffer";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";
import type { Storage, StorageFault } from "../../../src/node/ports.ts";
import type { Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";

const [directory = "", ballast = ""] = process.argv.slice(2);
/** A write or two are followed by a checkpoint. */
const options = { directory, memtableBytesMax: 100_000 };
let storage = await openDiskStorage(options);
let sequence = 0;

const write = (to: Storage, keys: readonly string[], bytes: number) => {
  sequence += 1;
  const value = JSON.stringify("v".repeat(bytes));
  const operations = keys.map((key) => ({ key, value }));
  const entry: Entry = { sequence, epoch: 1, origin: 1, operations };
  return new Promise<StorageFault | undefined>((resolve) =>
    to.write({ append: [entry], apply: [entry], compactTo: sequence - 1 }, resolve),
  );
};

for (let part = 0; part < 100; part += 1) {
  const keys = Array.from({ length: 100 }, (_, index) => `${part}/${index}`);
  await write(storage, keys, 3_000);
}
const file = openSync(ballast, "w");
try {
  for (;;) writeSync(file, Buffer.alloc(4096));
} catch {
  closeSync(file);
}
const faults: (StorageFault | undefined)[] = [];
for (const bytes of [60_000, 150_000, 3_000]) faults.push(await write(storage, ["grown"], bytes));
// Several attempts of the checkpoint, each of which finds no room.
await pass(2_500);
const readable = storage.get("99/99") !== undefined;
rmSync(ballast);
for (const bytes of [20_000, 3_000]) faults.push(await write(storage, ["later"], bytes));
await storage.close();
storage = await openDiskStorage(options);
const { applied } = storage.summary();
await storage.close();
console.log(JSON.stringify({ faults: faults.filter(Boolean), readable, applied, sequence }));
