import { Run } from "./story.ts";

const seeds = Number(process.argv[2] ?? 100);
const first = Number(process.argv[3] ?? 1);
const verbose = process.argv[4] === "-v";
const startedAt = performance.now();
for (let seed = first; seed < first + seeds; seed += 1) {
  const run = new Run(seed);
  if (verbose) {
    run.trace = console.log;
    run.cluster.network.trace = (line) => console.log(run.cluster.time.now().toFixed(1), line);
    run.cluster.log = {
      debug() {},
      info: (f, m) => console.log("   log", m, JSON.stringify(f)),
      warn() {},
      error: (f, m) => console.log("   err", m, JSON.stringify(f)),
    };
  }
  try {
    const outcome = run.tell();
    if (seeds < 20) console.log(JSON.stringify(outcome));
  } catch (error) {
    console.log(`seed ${seed}:`, error);
    if (seeds < 20) break;
  }
}
console.log((performance.now() - startedAt) / seeds, "ms per seed");
