/**
 * `npm run test:memory -- --minutes 60`: mixed load on six durable nodes, and whether the leader's
 * memory levels off. Ends with 1 when it does not.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { memoryOf } from "../benchmark/measure/processes.ts";
import { startOurs } from "../benchmark/servers/ours.ts";
import { HttpClient } from "../support/http-client.ts";
import { TestClient } from "../support/kv-client.ts";
import { judge, type Sample } from "./judge.ts";
import { startMixedLoad } from "./load.ts";
import { growthBetween } from "./snapshot.ts";

interface Options {
  readonly minutes: string;
  readonly rate: string;
  readonly keys: string;
  readonly basePort: string;
  readonly growth: string;
  readonly snapshots?: string;
}
const options = new Command("npm run test:memory --")
  .option("--minutes <n>", "length of the run", "60")
  .option("--rate <n>", "calls per second", "400")
  .option("--keys <n>", "number of keys", "10000")
  .option("--growth <n>", "MiB a minute in the second half that still count as level", "0.25")
  .option("--snapshots <minutes>", "afterwards, two heap snapshots of the leader so far apart")
  .option("--base-port <port>", "REST port of the leader", "24600")
  .parse()
  .opts<Options>();

const mebibyte = 1024 * 1024;
const sampleEveryMs = 10_000;
const folder = mkdtempSync(join(tmpdir(), "quorum-kv-memory-"));
const probeFile = join(folder, "probe");
const probe = fileURLToPath(new URL("probe.ts", import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const inMebibytes = (bytes: number): number => Math.round((bytes / mebibyte) * 10) / 10;

mkdirSync("reports", { recursive: true });
const report = join("reports", "memory.jsonl");
rmSync(report, { force: true });

const ours = await startOurs({
  folder: join(folder, "data"),
  basePort: Number(options.basePort),
  leaderEnv: {
    MEMORY_PROBE: probeFile,
    NODE_OPTIONS: `--import ${probe} --heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}`,
  },
});
const http = new HttpClient();
const grpc = new TestClient(Number(options.basePort) + 1000);
const leader = ours.cluster.pid("leader") ?? 0;
const follower = ours.cluster.pid("follower1") ?? 0;
const load = startMixedLoad({
  ...{ url: ours.leaderUrl, http, grpc, seed: 1 },
  ratePerSecond: Number(options.rate),
  keys: Number(options.keys),
});

function lastProbe(): Record<string, number> {
  const lines = readFileSync(probeFile, { encoding: "utf8", flag: "a+" }).trimEnd().split("\n");
  return JSON.parse(lines.at(-1) || "{}");
}

const since = performance.now();
const samples: Sample[] = [];

function sample(): void {
  const minutes = (performance.now() - since) / 60_000;
  const mebibytes = inMebibytes(memoryOf(leader));
  const { heapUsed = 0, heapTotal = 0, external = 0, arrayBuffers = 0 } = lastProbe();
  samples.push({ minutes, mebibytes });
  const figures = {
    minutes: Math.round(minutes * 100) / 100,
    leader: mebibytes,
    heapUsed: inMebibytes(heapUsed),
    heapTotal: inMebibytes(heapTotal),
    external: inMebibytes(external),
    arrayBuffers: inMebibytes(arrayBuffers),
    // What neither V8 nor its buffers account for: the allocator, native libraries, stacks.
    other: inMebibytes(memoryOf(leader) - heapTotal - external),
    follower1: inMebibytes(memoryOf(follower)),
    ...load.counts,
  };
  appendFileSync(report, `${JSON.stringify(figures)}\n`);
  if (samples.length % 6 === 1) say(JSON.stringify(figures));
}

async function snapshot(): Promise<string> {
  const snapshots = () => readdirSync(folder).filter((name) => name.endsWith(".heapsnapshot"));
  const before = snapshots().length;
  process.kill(leader, "SIGUSR2");
  while (snapshots().length === before) await wait(200);
  // The leader answers nothing while it writes; its next answer means that the file is whole.
  await http.ask(ours.leaderUrl, { method: "GET", path: "/livez", timeoutMs: 120_000 });
  return join(folder, snapshots().toSorted().at(-1) ?? "");
}

try {
  while (performance.now() - since < Number(options.minutes) * 60_000) {
    await wait(sampleEveryMs);
    sample();
  }
  const verdict = judge(samples, Number(options.growth));
  say(
    `leader, second half: ${verdict.lowest} to ${verdict.highest} MiB, ` +
      `${verdict.mebibytesPerMinute.toFixed(2)} MiB a minute: ` +
      `${verdict.levelsOff ? "it levels off" : "it grows"}`,
  );
  if (!verdict.levelsOff) process.exitCode = 1;
  if (options.snapshots !== undefined) {
    const before = await snapshot();
    await wait(Number(options.snapshots) * 60_000);
    const after = await snapshot();
    for (const { kind, objects, bytes } of growthBetween(before, after).slice(0, 15)) {
      say(`${String(bytes).padStart(10)} bytes, ${String(objects).padStart(7)} objects: ${kind}`);
    }
  }
  say(`Every sample: ${report}`);
} finally {
  await load.stop();
  http.close();
  grpc.close();
  await ours.cluster.close();
  rmSync(folder, { recursive: true, force: true });
}
