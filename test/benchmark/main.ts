/**
 * `npm run benchmark`: write rates beside a six-member etcd, leader reads beside a bare Express GET,
 * the leader's memory while one follower is frozen and, if asked for, what the loss of a leader costs, and what TLS and tokens cost, together and each. Runs
 * alternate, so that a busy machine hurts both sides alike; each figure is the median of its rounds. It judges nothing: it prints.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { startEtcd } from "./etcd.ts";
import { measureFailover } from "./failover.ts";
import { type Figures, generator, load, type Workload } from "./load.ts";
import { cpuSecondsOf, memoryOf, type Ours, startOurs } from "./ours.ts";
import { startBoth, startLayers } from "./security.ts";

const ports = { ours: 24_567, static: 24_667, leasing: 24_767, etcd: 23_790, express: 23_700 };
const barePorts = [23_710, 23_711] as const;
const mebibyte = 1024 * 1024;

interface Options {
  readonly connections: string;
  readonly seconds: string;
  readonly rounds: string;
  readonly warmUp: string;
  readonly writes: string;
  readonly losses: string;
  readonly ways: string;
  readonly followers: string;
  readonly only: string;
  readonly profile?: string;
}
const options = new Command("npm run benchmark --")
  .option("--connections <list>", "numbers of connections", "10,64,256")
  .option("--seconds <n>", "length of each run", "8")
  .option("--rounds <n>", "runs of each kind", "3")
  .option("--warm-up <n>", "seconds before the first round, which are not counted", "10")
  .option("--writes <n>", "writes of the memory run", "500000")
  .option("--losses <n>", "how often each kind of failover is measured", "30")
  .option("--ways <list>", "how the leader is lost", "kill,SIGTERM,handover,etcd")
  .option("--followers <n>", "followers of the part security", "5")
  .option(
    "--only <parts>",
    "some of: writes,reads,memory,failover,security,layers",
    "writes,reads,memory",
  )
  .option(
    "--profile <folder>",
    "take CPU profiles of the leader and follower1 during the writes and reads",
  )
  .parse()
  .opts<Options>();
const seconds = Number(options.seconds);
const parts = new Set(options.only.split(","));
const folder = mkdtempSync(join(tmpdir(), "quorum-kv-benchmark-"));
const results: Record<string, unknown> = { generator, cpu: cpus()[0]?.model, cores: cpus().length };
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Side {
  readonly name: string;
  readonly url: string;
  readonly workload: Workload;
  /** Its server processes. */
  readonly pids: readonly number[];
  readonly token?: string | undefined;
}

/** Microseconds of processor time that all servers of a side together spend on one answer. */
interface Measured extends Figures {
  readonly cpuMicros: number;
}

async function measure(side: Side, connections: number): Promise<Measured> {
  const before = cpuSecondsOf(side.pids);
  const figures = await load({ ...side, connections, seconds });
  const cpuMicros = ((cpuSecondsOf(side.pids) - before) / figures.answered) * 1e6;
  return { ...figures, cpuMicros };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Runs of both sides in turn; the median rate of each. */
async function compare(title: string, sides: readonly Side[], connections: number) {
  // Node compiles what is hot while it runs, so the first seconds tell of the compiler.
  const warmUpSeconds = Number(options.warmUp);
  for (const side of sides) await load({ ...side, connections, seconds: warmUpSeconds });
  const runs = new Map<string, Measured[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const side of sides) {
      runs.get(side.name)?.push(await measure(side, connections));
    }
  }
  const medians = sides.map((side) => {
    const figures = runs.get(side.name) ?? [];
    const rate = median(figures.map((figure) => figure.rate));
    const failed = figures.reduce((sum, figure) => sum + figure.failed, 0);
    const p50Ms = median(figures.map((figure) => figure.p50Ms));
    const cpuMicros = median(figures.map((figure) => figure.cpuMicros));
    const p99Ms = median(figures.map((figure) => figure.p99Ms));
    const each = figures.map((figure) => figure.rate);
    say(
      `${title}, ${connections} connections, ${side.name.padEnd(12)} ${rate.toFixed(0).padStart(7)}/s` +
        `  p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ${cpuMicros.toFixed(0)} µs of CPU each, ${failed} failed`,
    );
    return { rate, cpuMicros, each };
  });
  const [first, second] = medians;
  const ratio =
    first === undefined || second === undefined ? undefined : ratioOf({ of: first, to: second });
  if (ratio !== undefined) {
    say(
      `${title}, ${connections} connections, ratio ${ratio.rate.toFixed(2)} ` +
        `(rounds ${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)}), ` +
        `CPU of each ${ratio.cpu.toFixed(2)}`,
    );
  }
  results[`${title} ${connections}`] = {
    ...{ ratio: ratio?.rate, ratios: ratio, runs: Object.fromEntries(runs) },
  };
}

interface Medians {
  readonly rate: number;
  readonly cpuMicros: number;
  /** The rates of the rounds. */
  readonly each: readonly number[];
}

/** Of the medians, and of the rates within each round. */
function ratioOf({ of, to }: { readonly of: Medians; readonly to: Medians }) {
  const rounds = of.each.map((rate, round) => rate / (to.each[round] ?? Number.NaN));
  const [lowest, highest] = [Math.min(...rounds), Math.max(...rounds)];
  return { rate: of.rate / to.rate, lowest, highest, cpu: of.cpuMicros / to.cpuMicros };
}

async function writes(ours: Ours): Promise<void> {
  const etcd = await startEtcd(join(folder, "etcd"), ports.etcd);
  if (etcd === undefined) {
    say("etcd is not installed (Debian: etcd-server), so there is nothing to compare with.");
  }
  try {
    const sides: Side[] = [
      { name: "Quorum KV", url: ours.leaderUrl, workload: "kv-put", pids: ours.pids },
    ];
    if (etcd !== undefined) {
      const { version, leaderUrl, pids } = etcd;
      sides.push({ name: `etcd ${version}`, url: leaderUrl, workload: "etcd-put", pids });
    }
    for (const connections of options.connections.split(",").map(Number)) {
      await compare("writes", sides, connections);
    }
  } finally {
    await etcd?.close();
  }
}

async function reads(ours: Ours): Promise<void> {
  const url = ours.leaderUrl;
  await seed(url);
  const program = join(import.meta.dirname, "bare-express.ts");
  const express = spawn(process.execPath, [program, String(ports.express)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(express.stdout, "data");
    const bareUrl = `http://127.0.0.1:${ports.express}`;
    const sides: Side[] = [
      { name: "Quorum KV", url, workload: "kv-get", pids: ours.pids.slice(0, 1) },
      { name: "bare Express", url: bareUrl, workload: "kv-get", pids: [express.pid ?? 0] },
    ];
    await compare("leader reads", sides, 64);
  } finally {
    express.kill("SIGKILL");
  }
}

/** Every key that a read asks for. */
async function seed(url: string, token?: string): Promise<void> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const keys = Array.from({ length: 1000 }, (_, index) => `key-${index + 1}`);
  for (let from = 0; from < keys.length; from += 100) {
    const puts = keys
      .slice(from, from + 100)
      .map((key) => ({ put: { key, value: "v".repeat(64) } }));
    const answer = await fetch(`${url}/write/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization },
      body: JSON.stringify({ operations: puts }),
    });
    if (!answer.ok) throw new Error(`the store refused to be filled: ${await answer.text()}`);
  }
}

async function memory(ours: Ours): Promise<void> {
  const leader = ours.cluster.pid("leader");
  const follower = ours.cluster.pid("follower5");
  if (leader === undefined || follower === undefined) throw new Error("a node is away");
  process.kill(follower, "SIGSTOP");
  const wanted = Number(options.writes);
  const samples: { writes: number; bytes: number }[] = [];
  let written = 0;
  while (written < wanted) {
    const figures = await load({
      ...{ url: ours.leaderUrl, workload: "kv-put", connections: 64, seconds: 5 },
    });
    if (figures.rate === 0) throw new Error("no write succeeds any more");
    written += figures.answered - figures.failed;
    samples.push({ writes: written, bytes: memoryOf(leader) });
    const mebibytes = (samples.at(-1)?.bytes ?? 0) / mebibyte;
    say(`memory after ${String(written).padStart(7)} writes: ${mebibytes.toFixed(1)} MiB`);
  }
  const bytes = samples.map((sample) => sample.bytes);
  const spread = (Math.max(...bytes) - Math.min(...bytes)) / mebibyte;
  say(
    `leader memory, one follower frozen: within ${spread.toFixed(1)} MiB ` +
      `from write ${samples[0]?.writes} to ${written}`,
  );
  results["memory"] = samples;
}

/** Beside a leader that needs neither rounds nor leases. */
async function readsByLease(data: string, fixed: Ours): Promise<void> {
  const env = { FAILOVER: "1", READ_LEASE: "1" };
  const leasing = await startOurs({ folder: data, basePort: ports.leasing, env });
  try {
    await seed(leasing.leaderUrl);
    const sides: Side[] = [
      { name: "READ_LEASE=1", url: leasing.leaderUrl, workload: "kv-get", pids: leasing.pids },
      { name: "FAILOVER=0", url: fixed.leaderUrl, workload: "kv-get", pids: fixed.pids },
    ];
    await compare("leader reads by lease", sides, 64);
  } finally {
    await leasing.cluster.close();
  }
}

/** What elections cost a leader that stays, and what its loss costs a writer. */
async function failover(): Promise<void> {
  if (!parts.has("failover")) return;
  const data = join(folder, "failover");
  const electing = await startOurs({
    ...{ folder: join(data, "electing"), basePort: ports.ours, profileFolder: options.profile },
    env: { FAILOVER: "1" },
  });
  const fixed = await startOurs({
    ...{ folder: join(data, "static"), basePort: ports.static, env: { FAILOVER: "0" } },
  });
  try {
    const both = [
      { name: "FAILOVER=1", url: electing.leaderUrl, pids: electing.pids },
      { name: "FAILOVER=0", url: fixed.leaderUrl, pids: fixed.pids },
    ];
    const sides = (workload: Workload) => both.map((side) => ({ ...side, workload }));
    await compare("writes", sides("kv-put"), 64);
    for (const { url } of both) await seed(url);
    await compare("leader reads", sides("kv-get"), 64);
    await readsByLease(join(data, "leasing"), fixed);
  } finally {
    await electing.cluster.close();
    await fixed.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
  const times = Number(options.losses);
  const ways = new Set(options.ways.split(","));
  const etcd = ways.has("etcd") ? await startEtcd(join(folder, "etcd"), ports.etcd) : undefined;
  try {
    results["failover"] = await measureFailover({ times, ways, etcd, say });
  } finally {
    await etcd?.close();
  }
}

/** Writes and reads of a cluster with TLS, a secret and tokens beside those of a plain one. */
async function security(): Promise<void> {
  if (!parts.has("security")) return;
  const certificates = join(folder, "certificates");
  const both = await startBoth({ followers: Number(options.followers), certificates });
  try {
    const sides = (workload: Workload) => both.variants.map((side) => ({ ...side, workload }));
    await compare("writes", sides("kv-put"), 64);
    for (const { url, token } of both.variants) await seed(url, token);
    await compare("leader reads", sides("kv-get"), 64);
  } finally {
    await both.close();
  }
}

/** What each of TLS, the secret and tokens costs a read by itself. Processor time is that of the leader alone. */
async function layers(): Promise<void> {
  if (!parts.has("layers")) return;
  const started = await startLayers({ certificates: join(folder, "layers"), barePorts });
  try {
    const { variants } = started;
    for (const { name, url, token } of variants) {
      if (!name.startsWith("bare")) await seed(url, token);
    }
    const sides: Side[] = variants.map((variant) => ({ ...variant, workload: "kv-get" }));
    await compare("leader reads", sides, 64);
  } finally {
    await started.close();
  }
}

/** A cluster of its own for each part, so that none inherits another's heap. */
async function onCluster(part: string, run: (ours: Ours) => Promise<void>): Promise<void> {
  if (!parts.has(part)) return;
  const profileFolder = part === "memory" ? undefined : options.profile;
  const data = join(folder, part);
  const ours = await startOurs({ folder: data, basePort: ports.ours, profileFolder });
  try {
    await run(ours);
  } finally {
    await ours.cluster.close();
    rmSync(data, { recursive: true, force: true });
  }
}

try {
  say(
    `Six nodes each on ${cpus().length} cores, load by ${generator}, closed loop, ${seconds} s a run ` +
      `after ${options.warmUp} s of warming up.`,
  );
  await onCluster("writes", writes);
  await onCluster("reads", reads);
  await onCluster("memory", memory);
  await failover();
  await security();
  await layers();
  mkdirSync("reports", { recursive: true });
  writeFileSync("reports/benchmark.json", `${JSON.stringify(results, undefined, 2)}\n`);
  say("All figures: reports/benchmark.json");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
