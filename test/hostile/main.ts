/**
 * `npm run test:hostile -- --seconds 60 --seed 1`: attacks on a real cluster until the time is over. Prints the
 * seed first and what came of it last; ends with 1 where a promise was broken.
 */
import { Command } from "commander";
import { startCluster } from "../support/cluster.ts";
import { describeFigures, runCampaign } from "./campaign.ts";
import { clusterOptions, memoryMiBMax } from "./nodes.ts";
import { WellBehavedClient } from "./well-behaved.ts";

const options = new Command("npm run test:hostile --")
  .option("--seconds <n>", "length of the run", "60")
  .option("--seed <n>", "where all draws come from", String(Date.now() % 2 ** 31))
  .option("--attacks <n>", "attacks of one round, all at the same time", "40")
  .parse()
  .opts<{ readonly seconds: string; readonly seed: string; readonly attacks: string }>();

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const until = performance.now() + Number(options.seconds) * 1000;
say(`seed ${options.seed}`);
const cluster = await startCluster(clusterOptions);
const client = new WellBehavedClient(cluster);
try {
  const figures = await runCampaign({
    ...{ cluster, client, memoryMiBMax },
    seed: Number(options.seed),
    attacksPerRound: Number(options.attacks),
    goesOn: (rounds) => rounds === 0 || performance.now() < until,
  });
  say(describeFigures(figures));
} catch (error) {
  console.error(error, cluster.logTails());
  process.exitCode = 1;
}
await client.stop();
await cluster.close();
