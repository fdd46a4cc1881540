/** `npm run test:spec -- --help` */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type Exploration, explorations, seedOf } from "./explorations.ts";
import { isAsItMust, modelFile, type Outcome } from "./model.ts";

const help = `Explores the Quint model of failover (${modelFile}) at random. The model as it is must
violate no invariant; each planted mistake must violate one.

  npm run test:spec                      with a random seed
  npm run test:spec -- --seed 42         the same runs again
  npm run test:spec -- --only noNote     one exploration
  npm run test:spec -- --times 10        ten times as many runs

  --seed S      of all explorations (random)
  --only NAME   a mistake, a step of the model, or all of "planted" or "good"
  --times X     multiplies the bound on runs (1)
  --workers N   threads (one a core)`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(randomInt(2 ** 24)) },
    only: { type: "string" },
    times: { type: "string", default: "1" },
    workers: { type: "string", default: String(Math.min(2, availableParallelism())) },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(help);
else await exploreAll();

async function exploreAll(): Promise<void> {
  const startedAt = performance.now();
  const wanted = explorations.filter(({ name, mustViolate }) =>
    [undefined, name, mustViolate ? "planted" : "good"].includes(values.only),
  );
  if (wanted.length === 0) throw new Error(`--only ${values.only}: no exploration has this name`);
  console.log(`seed ${values.seed}`);
  const waiting = wanted.map((exploration) => ({
    ...exploration,
    runs: Math.ceil(exploration.runs * Number(values.times)),
  }));
  let failed = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        worker.postMessage({ exploration: next, seed: seedOf(next.name, values.seed) });
        const [outcome] = (await once(worker, "message")) as [Outcome];
        if (!report(next, outcome)) failed += 1;
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${wanted.length} explorations in ${seconds} s: ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

/** Prints what was met. False: not what had to be. */
function report(exploration: Exploration, outcome: Outcome): boolean {
  const { name, witnesses } = exploration;
  const { runs, steps, seconds, violation, witnessed } = outcome;
  const passed = isAsItMust(exploration, outcome);
  const size = `${runs} runs, ${steps} steps, ${seconds.toFixed(1)} s`;
  const found = violation
    ? `${violation.invariants.join(", ")} violated after ${violation.steps} steps`
    : "no invariant violated";
  console.log(`${passed ? "ok  " : "FAIL"} ${name}: ${found} (${size})`);
  for (const [index, witness] of witnesses.entries())
    console.log(`       ${witness} in ${witnessed[index]} runs`);
  if (violation && (!passed || values.only !== undefined))
    console.log(`       ${command(exploration, violation.seed)}`);
  return passed;
}

/** Prints the run with its states. */
function command({ init, step, steps }: Exploration, seed: string): string {
  return `npx quint run --backend=typescript --init='${init}' --step=${step} --invariant=safe --max-samples=1 --max-steps=${steps} --seed=${seed} ${modelFile}`;
}
