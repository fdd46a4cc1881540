/**
 * Fills the disk while a checkpoint of a large store has much to write, then makes room again:
 * `checkpoint-on-full-disk.ts <directory> <file that fills the disk>`. Prints its findings as JSON.
 */
import { Buffer } from "node:buffer";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as pass } from "node:timers/promises";
import type { Storage, StorageFault } from "../../../src/node/ports.ts";
import type { Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { dataFile, newestMeta } from "../../../src/storage/disk/lmdb/data-file.ts";
import { entry, puts, tryWrite } from "../support.ts";

const [directory = "", ballast = ""] = process.argv.slice(2);
/** One or two writes make a checkpoint due. */
const options = { directory, memtableBytesMax: 100_000 };
let storage = await openDiskStorage(options);
let sequence = 0;

function write(
  to: Storage,
  keys: readonly string[],
  bytes: number,
): Promise<StorageFault | undefined> {
  const value = JSON.stringify("v".repeat(bytes));
  const entries: Entry[] = [];
  for (let from = 0; from < keys.length; from += 100) {
    sequence += 1;
    entries.push(entry(sequence, puts(keys.slice(from, from + 100), value)));
  }
  return tryWrite(to, { append: entries, apply: entries, compactTo: sequence - 1 });
}

for (let part = 0; part < 100; part += 1) {
  const keys = Array.from({ length: 100 }, (_, index) => `${part}/${index}`);
  await write(storage, keys, 3_000);
}
// What is written so far leaves the memtable: opening begins the checkpoint that is due, and closing waits for it.
for (let time = 0; time < 2; time += 1) {
  await storage.close();
  storage = await openDiskStorage(options);
}
const file = openSync(ballast, "w");
try {
  for (;;) writeSync(file, Buffer.alloc(4096));
} catch {
  closeSync(file);
}
/** Of LMDB; a checkpoint makes at least one. */
const transactions = async (): Promise<number> => {
  const data = await open(dataFile(directory));
  const { transaction } = await newestMeta(data);
  await data.close();
  return transaction;
};
const before = await transactions();
const faults: (StorageFault | undefined)[] = [];
// So many records that a checkpoint reserves more room than the data file has.
const grown = Array.from({ length: 400 }, (_, index) => `grown/${index}`);
for (const bytes of [100, 300]) faults.push(await write(storage, grown, bytes));
faults.push(await write(storage, ["grown"], 3_000));
// The checkpoint makes several attempts, none of which finds room.
await pass(2_500);
const waited = (await transactions()) === before;
const readable = storage.get("99/99") !== undefined;
rmSync(ballast);
for (const bytes of [20_000, 3_000]) faults.push(await write(storage, ["later"], bytes));
while ((await transactions()) === before) await pass(50);
await storage.close();
storage = await openDiskStorage(options);
const { applied } = storage.summary();
await storage.close();
console.log(
  JSON.stringify({ faults: faults.filter(Boolean), waited, readable, applied, sequence }),
);
