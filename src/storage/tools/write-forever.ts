/**
 * Writes batches, and receives a store now and then, until it is killed:
 * `write-forever.ts <directory>`. Prints the applied mark of each flush on a line of its own.
 */
import type { StorageFault } from "../../node/ports.ts";
import { BLANK_MARKS, type Entry } from "../../replication/types.ts";
import { openDiskStorage } from "../disk.ts";

const [directory = ""] = process.argv.slice(2);
/** So small that a checkpoint is nearly always under way, and log files come and go. */
const bounds = { layerBytes: 2048, replayBytes: 16_384, logFileBytes: 65_536 };
const storage = await openDiskStorage({ directory, ...bounds });

const flushed = (begin: (done: (fault: StorageFault | undefined) => void) => void): Promise<void> =>
  new Promise((resolve, reject) =>
    begin((fault) => (fault ? reject(new Error(fault.reason)) : resolve())),
  );

function entryAt(sequence: number): Entry {
  const key = `key ${(sequence * 7919) % 500}`;
  const operation = sequence % 5 === 0 ? { key } : { key, value: `"value ${sequence}"` };
  return { sequence, epoch: 1, origin: 1, operations: [operation] };
}

async function writeBatch(): Promise<void> {
  const { applied } = storage.summary();
  const entries = Array.from({ length: 40 }, (_, index) => entryAt(applied + 1 + index));
  const marks = { ...BLANK_MARKS, committed: applied + entries.length };
  const batch = { append: entries, apply: entries, marks, compactTo: Math.max(0, applied - 1000) };
  await flushed((done) => storage.write(batch, done));
}

async function receiveStore(): Promise<void> {
  const copy = storage.copy();
  const records = copy.page(undefined, Number.POSITIVE_INFINITY);
  copy.close();
  storage.incoming.begin();
  for (let at = 0; at < records.length; at += 50) {
    await flushed((done) => storage.incoming.add(records.slice(at, at + 50), done));
  }
  const { applied, digest, history } = copy;
  const end = { applied, digest, history, marks: storage.marks() };
  await flushed((done) => storage.incoming.install(end, done));
}

for (let turn = 1; ; turn += 1) {
  if (turn % 10 === 0) await receiveStore();
  else await writeBatch();
  process.stdout.write(`${storage.summary().applied}\n`);
}
