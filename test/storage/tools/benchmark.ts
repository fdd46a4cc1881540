/**
 * Measures this disk and machine: `node test/storage/tools/benchmark.ts [directory]`.
 * Each line is the median of some rounds, with the lowest and the highest.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../../src/node/ports.ts";
import type { Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { createMemoryStorage } from "../../../src/storage/memory/memory.ts";
import { entry, write } from "../support.ts";

const keys = 100_000;
const rounds = 5;
const roundMs = 800;
const value = JSON.stringify("v".repeat(62));

let last = 0;

/** Appends and applies the next entries, and compacts the log to a constant length. */
function writeNext(storage: Storage, count: number): Promise<void> {
  const entries = nextEntries(count);
  const compactTo = Math.max(0, last - 50_000);
  return write(storage, { append: entries, apply: entries, compactTo });
}

const key = (number: number): string => `key-${String(number % keys).padStart(8, "0")}`;

function nextEntries(count: number): Entry[] {
  return Array.from({ length: count }, () => {
    last += 1;
    return entry(last, [{ key: key(last * 7919), value }]);
  });
}

async function stepsPerSecond(step: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < roundMs) {
    await step();
    steps += 1;
  }
  return (steps * 1000) / (performance.now() - start);
}

/** Prints the rate of something that each step does `perStep` times. */
async function measure(
  name: string,
  perStep: number,
  step: () => Promise<void> | void,
): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1)
    rates.push((await stepsPerSecond(step)) * perStep);
  rates.sort((left, right) => left - right);
  const [low, middle, high] = [rates[0], rates[rounds >> 1], rates.at(-1)].map((rate) =>
    Math.round(rate ?? 0).toLocaleString("en"),
  );
  console.log(`${name.padEnd(34)}${middle?.padStart(12)} /s   (${low} to ${high})`);
}

async function run(name: string, storage: Storage): Promise<void> {
  console.log(name);
  last = 0;
  for (const count of [1, 64, 256]) {
    await measure(`  entries flushed, ${count} a batch`, count, () => writeNext(storage, count));
  }
  while (storage.summary().keys < keys) await writeNext(storage, 1000);
  let read = 0;
  const anyKey = (): string => {
    read += 7919;
    return key(read);
  };
  await measure("  get", 1000, () => {
    for (let each = 0; each < 1000; each += 1) storage.get(anyKey());
  });
  await measure("  records listed, 100 a page", 100, () => {
    storage.list({ prefix: "key-", after: anyKey(), limit: 100 });
  });
  await measure("  log entries read, 256 a page", 256, () => {
    storage.readLog(last - 256, { entriesMax: 256, bytesMax: 1 << 20 });
  });
  await storage.close();
}

const directory = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "quorum-kv-benchmark-")));
await run(
  `disk, in ${directory}, ${keys} keys, values of 64 bytes`,
  await openDiskStorage({ directory }),
);
if (process.argv[2] === undefined) await rm(directory, { recursive: true });
await run("memory", createMemoryStorage({ defer: setImmediate }));
