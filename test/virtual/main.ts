/** `npm run test:virtual -- --help` */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Run } from "../../src/virtual/runs/run.ts";
import { accountOf } from "../../src/virtual/world/account.ts";
import { Coverage } from "../../src/virtual/world/coverage.ts";
import { type Report, tell } from "./report.ts";
import { wanted, wantedOfElections } from "./wanted.ts";

const help = `Runs the real node and replication code of whole clusters on virtual time, disk and
wire, each from one seed, and checks the design's promises after every step.

  npm run test:virtual -- --seeds 10000     seeds 1..10000, on ${availableParallelism()} threads
  npm run test:virtual -- --seeds 100 --from 5001
  npm run test:virtual -- --seed 42         exactly one seed
  npm run test:virtual -- --seed 42 --trace tells its story
  npm run test:virtual -- --seed 42 --html FILE   writes it as a page to play in a browser

  --html FILE   of a --seed or a --story: the playground, opened right before the promise broke
  --story FILE  the text of a story
  --fault NAME  a planted fault is in force in that page

  --failover    seeds of clusters in which any node may lead
  --seeds N     how many seeds (1000)
  --from S      the first one (1)
  --workers N   threads (one a core)
  --stop        ends with the first seed that fails, on one thread
  --coverage    lists how often each situation was met`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
    failover: { type: "boolean", default: false },
    trace: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
    html: { type: "string" },
    story: { type: "string" },
    fault: { type: "string" },
    stop: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(help);
else if (values.html !== undefined) await write(values.html);
else if (values.seed !== undefined) await tellOne(Number(values.seed));
else if (values.stop) await tellUntilOneFails(Number(values.from), Number(values.seeds));
else await tellMany(Number(values.from), Number(values.seeds), Number(values.workers));

async function tellOne(seed: number): Promise<void> {
  const run = new Run(seed, values.failover);
  if (values.trace)
    run.trace = (line) => console.log(run.cluster.time.now().toFixed(3).padStart(11), line());
  try {
    const { coverage, ...figures } = await run.tell();
    console.log(figures);
    if (values.coverage) console.table(coverage);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}

async function write(file: string): Promise<void> {
  const { story, fault, seed } = values;
  const text =
    story === undefined ? `> ${seedCommand(Number(seed))}\n` : readFileSync(story, "utf8");
  // Only a page needs what builds pages.
  const { writePage } = await import("./page.ts");
  const { moments, broken } = await writePage(file, { text, fault });
  console.log(`${file}: ${moments} moments; ${broken ?? "every promise was kept"}`);
}

async function tellUntilOneFails(from: number, seeds: number): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const report = await tell(seed, values.failover);
    if (!("violation" in report)) continue;
    console.log(`seed ${seed}: ${report.violation}`);
    process.exitCode = 1;
    return;
  }
  console.log(`${seeds} seeds, none failed`);
}

async function tellMany(from: number, seeds: number, threads: number): Promise<void> {
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0);
  const coverage = new Coverage();
  const failures: { seed: number; violation: string }[] = [];
  let told = 0;
  let events = 0;
  let entries = 0;
  let saidAt = performance.now();
  const onReport = (report: Report) => {
    told += 1;
    if ("violation" in report) {
      failures.push(report);
      console.log(`seed ${report.seed}: ${report.violation}\n${replay(report.seed)}\n`);
      return;
    }
    events += report.events;
    entries += report.entries;
    coverage.add(report.coverage);
    if (performance.now() - saidAt < 5_000) return;
    saidAt = performance.now();
    console.log(`${told} of ${seeds} seeds, ${seconds()} s, ${failures.length} failed`);
  };
  const { failover } = values;
  const shares = Array.from({ length: threads }, (_, share) => ({
    from,
    seeds,
    share,
    threads,
    failover,
  }));
  await Promise.all(shares.map((share) => work(share, onReport)));
  console.log(
    `${told} seeds, ${entries} entries, ${events} events in ${seconds()} s: ` +
      `${failures.length} failed`,
  );
  if (values.coverage) console.table(coverage.counts);
  const missing = coverage.missing(failover ? wantedOfElections : wanted, failover);
  if (missing.length > 0) console.log(`never met: ${missing.join("; ")}`);
  const { lines, excessive } = accountOf(coverage.counts, failover);
  for (const line of lines) console.log(line);
  for (const line of excessive) console.log(`TOO MUCH is excused: ${line}`);
  if (failures.length + excessive.length > 0) process.exitCode = 1;
}

/** One thread tells every seed of its share. */
function work(share: object, onReport: (report: Report) => void): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: share });
  worker.on("message", onReport);
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}

function seedCommand(seed: number): string {
  return `seed ${seed}${values.failover ? " failover" : ""}`;
}

function replay(seed: number): string {
  const kind = values.failover ? " --failover" : "";
  const command = `npm run test:virtual --${kind} --seed ${seed}`;
  return `  replay: ${command} --trace\n  in a browser: ${command} --html seed-${seed}.html`;
}
