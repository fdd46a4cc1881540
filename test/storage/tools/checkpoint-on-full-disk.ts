/**
 * Fills the disk while a checkpoint of a large store has much to write, then makes room again:
 * `checkpoint-on-full-disk.ts <directory> <file that fills the disk>`. Prints its findings as JSON.
 */
import { Buffer } from "node:buffer";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";
import type { Storage, StorageFault } from "../../../src/node/ports.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
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
  sequence += 1;
  const entries = [entry(sequence, puts(keys, JSON.stringify("v".repeat(bytes))))];
  return tryWrite(to, { append: entries, apply: entries, compactTo: sequence - 1 });
}

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
// The checkpoint makes several attempts, none of which finds room.
await pass(2_500);
const readable = storage.get("99/99") !== undefined;
rmSync(ballast);
for (const bytes of [20_000, 3_000]) faults.push(await write(storage, ["later"], bytes));
await storage.close();
storage = await openDiskStorage(options);
const { applied } = storage.summary();
await storage.close();
console.log(JSON.stringify({ faults: faults.filter(Boolean), readable, applied, sequence }));
