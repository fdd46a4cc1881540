/**
 * `npm run benchmark`: this store beside etcd, Redis and bare Express under the same load, and what single things of it
 * cost. It judges nothing: it prints tables, and puts them into a document if asked to. The parts are in parts/; each
 * measures its sides in turn and tells the median of the rounds, their range, and how busy the machine was otherwise.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import type { Bench, BenchOptions } from "./bench.ts";
import { generator } from "./load/load.ts";
import { type Table, toMarkdown, writeTable } from "./measure/report.ts";
import { parts } from "./parts/parts.ts";

const topics = parts.flatMap((part) => part.topics);
const names = topics.map(({ name }) => name);
/** The others take long, or change rarely. */
const usual = names.filter(
  (name) => !["memory", "idle", "elections", "failover", "security", "layers"].includes(name),
);

const command = new Command("npm run benchmark --")
  .description(
    `Parts:\n${topics.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join("\n")}`,
  )
  .option("--only <parts>", "some of the parts, with commas between, or `all`", usual.join(","))
  .option("--connections <list>", "numbers of connections of the part writes", "1,10,64,256")
  .option("--seconds <n>", "length of each run", "5")
  .option("--rounds <n>", "runs of each kind", "3")
  .option("--warm-up <n>", "seconds before the first round, which are not counted", "5")
  .option("--followers <n>", "followers of each cluster", "5")
  .option("--keys <n>", "keys of the parts million, restart and catch-up", "1000000")
  .option("--watchers <n>", "watchers of the part watch", "200")
  .option("--streams <n>", "streams of the part bulk", "4")
  .option("--in-flight <n>", "unanswered writes on each stream", "256")
  .option("--writes <n>", "writes of the part memory", "500000")
  .option("--idle-connections <n>", "connections of the part idle", "10000")
  .option("--losses <n>", "how often each kind of failover is measured", "30")
  .option("--ways <list>", "how the leader is lost", "kill,SIGTERM,handover,etcd")
  .option(
    "--base-port <port>",
    "REST port of the first node; others follow up to 1300 above",
    "24567",
  )
  .option("--profile <folder>", "CPU profiles of the leader and follower1 of some parts go there")
  .option("--write <file>", "put each table into this document, between its marks")
  .option("--json <file>", "where all figures go", "reports/benchmark.json")
  .parse();
const given = command.opts<Record<string, string> & { profile?: string; write?: string }>();
const number = (name: string): number => {
  const value = Number(given[name]);
  if (!Number.isFinite(value) || value < 0)
    command.error(`--${name} is "${given[name]}", but must be a number.`);
  return value;
};
const list = (name: string): readonly string[] => (given[name] ?? "").split(",");

const options: BenchOptions = {
  connections: list("connections").map(Number),
  seconds: number("seconds"),
  rounds: number("rounds"),
  warmUpSeconds: number("warmUp"),
  followers: number("followers"),
  keys: number("keys"),
  watchers: number("watchers"),
  streams: number("streams"),
  inFlight: number("inFlight"),
  writes: number("writes"),
  idleConnections: number("idleConnections"),
  losses: number("losses"),
  ways: new Set(list("ways")),
  basePort: number("basePort"),
  profile: given.profile,
};
const wanted = new Set(given["only"] === "all" ? names : list("only"));
for (const name of wanted)
  if (!names.includes(name)) command.error(`--only: "${name}" is none of ${names.join(", ")}.`);

const folder = mkdtempSync(join(tmpdir(), "quorum-kv-benchmark-"));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const results: Record<string, unknown> = { generator, cpu: cpus()[0]?.model, cores: cpus().length };

function report(name: string, table: Table, figures: unknown): void {
  const markdown = toMarkdown(table);
  say(`\n${name}\n\n${markdown}\n`);
  results[name] = { table, figures };
  if (given.write !== undefined) writeTable(given.write, name, markdown);
}

const bench: Bench = { options, folder, say, report };
try {
  const total = topics
    .filter(({ name }) => wanted.has(name))
    .reduce((sum, topic) => sum + topic.seconds(options), 0);
  say(
    `${options.followers + 1} nodes each on ${cpus().length} cores, load by ${generator}, closed loop; ` +
      `${options.rounds} rounds of ${options.seconds} s after ${options.warmUpSeconds} s of warming up. ` +
      `It takes about ${Math.ceil(total / 60)} minutes.`,
  );
  for (const part of parts) {
    const some = part.topics.map(({ name }) => name).filter((name) => wanted.has(name));
    if (some.length > 0) await part.run(bench, new Set(some));
  }
  const file = given["json"] ?? "reports/benchmark.json";
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  say(`All figures: ${file}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
