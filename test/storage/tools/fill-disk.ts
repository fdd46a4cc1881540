/**
 * Writes until the disk refuses, looks whether the storage keeps its promises, makes room, and
 * tries again: `fill-disk.ts <directory> <command that makes room>`. Prints what was found as JSON.
 */
import { execFileSync } from "node:child_process";
import type { Storage, StorageFault } from "../../../src/node/ports.ts";
import type { Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";

const [directory = "", makeRoom = "true"] = process.argv.slice(2);
let storage = await openDiskStorage({ directory });

const entryAt = (sequence: number): Entry => {
  const value = JSON.stringify(String(sequence).repeat(8000));
  return { sequence, epoch: 1, origin: 1, operations: [{ key: `key ${sequence}`, value }] };
};

const write = (to: Storage, entry: Entry): Promise<StorageFault | undefined> =>
  new Promise((resolve) => to.write({ append: [entry], apply: [entry] }, resolve));

const visible = (sequence: number) => ({
  applied: storage.summary().applied,
  logged: storage.logBounds().last,
  readable: storage.get(`key ${sequence}`)?.version === sequence,
});

let sequence = 0;
let fault: StorageFault | undefined;
while (!fault && sequence < 10_000) {
  sequence += 1;
  fault = await write(storage, entryAt(sequence));
}
const whileFull = { ...visible(sequence), before: visible(sequence - 1).readable };
const again = await write(storage, entryAt(sequence));
execFileSync("sh", ["-c", makeRoom], { env: { ...process.env, WRITER: String(process.pid) } });
const withRoom = await write(storage, entryAt(sequence));
const afterRetry = visible(sequence);
await storage.close();
storage = await openDiskStorage({ directory });
const afterRestart = visible(sequence);
await storage.close();
console.log(
  JSON.stringify({ sequence, fault, again, withRoom, whileFull, afterRetry, afterRestart }),
);
