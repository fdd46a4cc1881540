/** Tells every n-th seed and reports each. */
import { parentPort, workerData } from "node:worker_threads";
import { tell } from "./report.ts";

const { from, seeds, share, threads, failover } = workerData as {
  readonly from: number;
  readonly seeds: number;
  readonly share: number;
  readonly threads: number;
  readonly failover: boolean;
};

for (let seed = from + share; seed < from + seeds; seed += threads)
  parentPort?.postMessage(await tell(seed, failover));
