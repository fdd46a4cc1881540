/**
 * Writes until the disk refuses, makes room, and tries again:
 * `fill-disk.ts <directory> <command that makes room>`. Prints as JSON what was readable when.
 */
import { execFileSync } from "node:child_process";
import type { Storage, StorageFault } from "../../../src/node/ports.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { entry, put, tryWrite } from "../support.ts";

const [directory = "", makeRoom = "true"] = process.argv.slice(2);
let storage = await openDiskStorage({ directory });

function writeEntry(to: Storage, number: number): Promise<StorageFault | undefined> {
  const value = JSON.stringify(String(number).repeat(8000));
  const entries = [entry(number, [put(`key ${number}`, value)])];
  return tryWrite(to, { append: entries, apply: entries });
}

const visible = (number: number) => ({
  applied: storage.summary().applied,
  logged: storage.logBounds().last,
  readable: storage.get(`key ${number}`)?.version === number,
});

let sequence = 0;
let fault: StorageFault | undefined;
while (!fault && sequence < 10_000) {
  sequence += 1;
  fault = await writeEntry(storage, sequence);
}
const whileFull = { ...visible(sequence), before: visible(sequence - 1).readable };
const again = await writeEntry(storage, sequence);
execFileSync("sh", ["-c", makeRoom], { env: { ...process.env, WRITER: String(process.pid) } });
const withRoom = await writeEntry(storage, sequence);
const afterRetry = visible(sequence);
await storage.close();
storage = await openDiskStorage({ directory });
const afterRestart = visible(sequence);
await storage.close();
console.log(
  JSON.stringify({ sequence, fault, again, withRoom, whileFull, afterRetry, afterRestart }),
);
