/**
 * Brings a cluster that was just started to the state it serves in: code compiled, connections made, and
 * nothing under way any more. Measured cold, the first writes would tell of the start, not of the quorum.
 */
import { setTimeout as pause } from "node:timers/promises";
import { converge } from "../compare/converge.ts";
import type { Cluster } from "../launch/cluster.ts";
import { generateLoad } from "../load/generator.ts";
import { listenForNoise } from "../load/noise.ts";
import type { SweepOptions } from "../results/schema.ts";

export interface WarmUp {
  readonly cluster: Cluster;
  readonly options: SweepOptions;
  readonly signal: AbortSignal;
}

/** Timers that are this punctual belong to a machine that is done starting things. */
const calmMs = 2;
const listenMs = 250;
/** A machine that is never calm is measured as it is; its noise is in the report. */
const patienceMs = 2500;

export const warmUp = async ({ cluster, options, signal }: WarmUp): Promise<void> => {
  if (options.warmup === 0) return;
  const nobody = () => undefined;
  // Quorum 0 waits for no ack, so this takes far less time than the delays would.
  await generateLoad({
    ...options,
    writes: options.warmup,
    ...{ quorum: 0, warmup: 0, label: "warm-up", sampled: nobody, failed: nobody },
    ...{ url: cluster.leader.url, timeoutMs: cluster.timeoutMs, signal },
  });
  const since = performance.now();
  const slowest = Math.max(0, ...cluster.followers.map(({ delay }) => delay.maxDelayMs));
  await converge({ ...cluster, since, limitMs: slowest + 1000, signal });
  await calmDown(signal);
};

const calmDown = async (signal: AbortSignal): Promise<void> => {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const heard = listenForNoise();
    await pause(listenMs, undefined, { signal });
    if (heard().maxMs <= calmMs) return;
  }
};
