/** Tells every n-th seed and reports each. */
import { parentPort, workerData } from "node:worker_threads";
import { type Outcome, Run } from "./run.ts";

export type Report = Outcome | { readonly seed: number; readonly violation: string };

const { from, seeds, share, threads } = workerData as {
  readonly from: number;
  readonly seeds: number;
  readonly share: number;
  readonly threads: number;
};

for (let seed = from + share; seed < from + seeds; seed += threads)
  parentPort?.postMessage(await report(seed));

async function report(seed: number): Promise<Report> {
  try {
    return await new Run(seed).tell();
  } catch (error) {
    return { seed, violation: error instanceof Error ? error.message : String(error) };
  }
}
