/** One hunt, in a thread of its own, in the build of `hunters.ts`, which holds every planted fault. Posts what it saw. */
import { parentPort, workerData } from "node:worker_threads";
import { faultSwitch } from "../../src/virtual/playground/fault-switch.ts";
import { playStory } from "./play-story.ts";
import { tell } from "./report.ts";

export interface HuntOrder {
  readonly fault: string | undefined;
  /** The file of the story that goes another way; absent: seeds from 1 on. */
  readonly story: string | undefined;
  readonly seeds: number;
  /** Tried before the others. */
  readonly firstSeed?: number | undefined;
  readonly failover: boolean;
}

const order = workerData as HuntOrder;
faultSwitch.name = order.fault;
parentPort?.postMessage(order.story === undefined ? await bySeeds() : await byStory(order.story));

async function bySeeds(): Promise<string | undefined> {
  const { seeds, firstSeed } = order;
  const all = Array.from({ length: seeds }, (_, index) => index + 1);
  for (const seed of firstSeed === undefined ? all : [firstSeed, ...all]) {
    const report = await tell(seed, order.failover);
    if ("violation" in report) return `seed ${seed}: ${report.violation}`;
  }
  return undefined;
}

/** A story that throws goes another way as well. */
async function byStory(path: string): Promise<string | undefined> {
  const { recorded, played } = await playStory(path).catch((error: unknown) => ({
    recorded: "",
    played: String(error),
  }));
  return played === recorded ? undefined : `the story goes another way:\n${played}`;
}
