/** Explores what it is sent, one exploration at a time. */
import { parentPort } from "node:worker_threads";
import type { Exploration } from "./explorations.ts";
import { loadModel, type Outcome } from "./model.ts";

export interface Job {
  readonly exploration: Exploration;
  readonly seed: bigint;
}

const model = await loadModel();
parentPort?.on("message", ({ exploration, seed }: Job) => {
  const outcome: Outcome = model.explore(exploration, seed);
  parentPort?.postMessage(outcome);
});
