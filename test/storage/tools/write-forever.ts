/**
 * Writes batches until it is killed, and receives a store now and then:
 * `write-forever.ts <directory>`. Prints the applied sequence after each flush on a line of its own.
 */
import { BLANK_HARD_STATE, type Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { entry, everything, flushed, put, write } from "../support.ts";

const [directory = ""] = process.argv.slice(2);
/** So small that a checkpoint is nearly always running, and log files come and go. */
const bounds = { memtableBytesMax: 2048, replayBytes: 16_384, logFileBytes: 65_536 };
const storage = await openDiskStorage({ directory, ...bounds });

function entryAt(sequence: number): Entry {
  const key = `key ${(sequence * 7919) % 500}`;
  return entry(sequence, [sequence % 5 === 0 ? { key } : put(key, `"value ${sequence}"`)]);
}

async function writeBatch(): Promise<void> {
  const { applied } = storage.summary();
  const entries = Array.from({ length: 40 }, (_, index) => entryAt(applied + 1 + index));
  const hardState = { ...BLANK_HARD_STATE, committed: applied + entries.length };
  const compactTo = Math.max(0, applied - 1000);
  await write(storage, { append: entries, apply: entries, hardState, compactTo });
}

/** Receives the present store, as if another node had sent it. */
async function receiveStore(): Promise<void> {
  const records = everything(storage);
  storage.incoming.begin();
  for (let at = 0; at < records.length; at += 50) {
    await flushed((done) => storage.incoming.add(records.slice(at, at + 50), done));
  }
  const { applied, digest, history } = storage.summary();
  const end = { applied, digest, history, hardState: storage.hardState() };
  await flushed((done) => storage.incoming.install(end, done));
}

for (let turn = 1; ; turn += 1) {
  if (turn % 10 === 0) await receiveStore();
  else await writeBatch();
  process.stdout.write(`${storage.summary().applied}\n`);
}
