/** `npm run test:faults -- --rounds N --seed S`: real faults for as long as you like. */
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    failover: { type: "boolean", default: false },
    first: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "npm run test:faults -- [--failover] [--rounds 20] [--seed S] [--first killAll,wipeLeader,…]\n" +
      "Six real processes on disk, a recorded workload, faults drawn from the seed.\n" +
      "--failover: any node may lead, and any is killed, frozen or cut off.\n",
  );
  process.exit(0);
}

// An orderly exit takes the processes and their folders along; a signal alone would not.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(130));
}

const seed = Number(values.seed);
const rounds = Number(values.rounds);
const first = values.first === "" ? [] : values.first.split(",");
const electing = values.failover;
const log = (line: string): void => void process.stdout.write(`${line}\n`);
log(`seed ${seed}`);
const startedAt = performance.now();
try {
  const { done, calls } = await runCampaign({ seed, rounds, first, log, electing });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const tally = Object.entries(done).map(([what, number]) => `${number} ${what}`);
  log(`${rounds} rounds in ${seconds} s, ${calls} calls: ${tally.join(", ")}; all promises held`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
