/**
 * Prints what this disk and machine can do: `node test/storage/tools/benchmark.ts [directory]`.
 * Each line is the median of some rounds, with the lowest and the highest.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../../src/node/ports.ts";
import type { Entry } from "../../../src/replication/types.ts";
import { openDiskStorage } from "../../../src/storage/disk/disk.ts";
import { createMemoryStorage } from "../../../src/storage/memory/memory.ts";

const KEYS = 100_000;
const ROUNDS = 5;
const ROUND_MS = 800;
const VALUE = JSON.stringify("v".repeat(62));

const flush = (storage: Storage, entries: readonly Entry[]): Promise<void> =>
  new Promise((resolve, reject) =>
    storage.write(
      { append: entries, apply: entries, compactTo: Math.max(0, last - 50_000) },
      (fault) => (fault ? reject(new Error(fault.reason)) : resolve()),
    ),
  );

let last = 0;
const key = (number: number): string => `key-${String(number % KEYS).padStart(8, "0")}`;

function nextEntries(count: number): Entry[] {
  return Array.from({ length: count }, () => {
    last += 1;
    const operations = [{ key: key(last * 7919), value: VALUE }];
    return { sequence: last, epoch: 1, origin: 1, operations };
  });
}

async function perSecond(step: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  let steps = 0;
  while (performance.now() - start < ROUND_MS) {
    await step();
    steps += 1;
  }
  return (steps * 1000) / (performance.now() - start);
}

async function measure(name: string, each: number, step: () => Promise<void> | void) {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rates.push((await perSecond(step)) * each);
  rates.sort((one, other) => one - other);
  const [low, middle, high] = [rates[0], rates[ROUNDS >> 1], rates.at(-1)].map((rate) =>
    Math.round(rate ?? 0).toLocaleString("en"),
  );
  console.log(`${name.padEnd(34)}${middle?.padStart(12)} /s   (${low} to ${high})`);
}

async function run(name: string, storage: Storage): Promise<void> {
  console.log(name);
  last = 0;
  for (const entries of [1, 64, 256]) {
    await measure(`  entries flushed, ${entries} a batch`, entries, () =>
      flush(storage, nextEntries(entries)),
    );
  }
  while (storage.summary().keys < KEYS) await flush(storage, nextEntries(1000));
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
  `disk, in ${directory}, ${KEYS} keys, values of 64 bytes`,
  await openDiskStorage({ directory }),
);
if (process.argv[2] === undefined) await rm(directory, { recursive: true });
await run("memory", createMemoryStorage({ defer: setImmediate }));
