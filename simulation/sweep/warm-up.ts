/**
 * Brings a cluster to the state it serves in: code compiled, connections made, and nothing under way any
 * more. Measured cold, the first writes would tell of the start, not of the quorum; and the fastest
 * quorum, whose writes come soonest after the start, would look the most expensive.
 */
import { setTimeout as pause } from "node:timers/promises";
import { overheadOf } from "../analysis/per-quorum.ts";
import type { Cluster } from "../cluster.ts";
import { converge } from "../compare/converge.ts";
import { openAckStream } from "../load/ack-stream.ts";
import { createFreshnessProbe } from "../load/freshness.ts";
import { generateLoad } from "../load/generator.ts";
import { listenForNoise } from "../load/noise.ts";
import { rounded } from "../numbers.ts";
import type { SweepOptions, WarmUp } from "../results/schema.ts";
import { createSteadiness } from "./steadiness.ts";

/** The cluster to warm up, and the load to do it with. */
export interface WarmUpOptions {
  readonly cluster: Cluster;
  readonly quorum: number;
  readonly options: SweepOptions;
  readonly signal: AbortSignal;
}

/** Of the load at the real quorum. A cost that falls for longer is measured as it is, and reported. */
const steadyLimitMs = 10_000;
/** Timers that are this punctual belong to a machine that is done starting things. */
const calmMs = 2;
const listenMs = 250;
/** A machine that stays noisy is measured all the same; the report says how noisy. */
const patienceMs = 2500;

/** null when no warm-up was asked for. */
export async function warmUp(wanted: WarmUpOptions): Promise<WarmUp | null> {
  const { cluster, options, signal } = wanted;
  if (options.warmup === 0) return null;
  const startedAt = performance.now();
  const nobody = () => undefined;
  // Quorum 0 waits for no ack, so this takes far less time than the delays would.
  await generateLoad({
    ...options,
    writes: options.warmup,
    quorum: 0,
    warmup: 0,
    staggerMs: 0,
    label: "warm-up",
    sampled: nobody,
    failed: nobody,
    url: cluster.leader.url,
    timeoutMs: cluster.timeoutMs,
    signal,
  });
  const { writes, steady } = await loadUntilSteady(wanted);
  const ms = rounded(performance.now() - startedAt);
  const since = performance.now();
  const slowest = Math.max(0, ...cluster.followers.map(({ delay }) => delay.maxDelayMs));
  await converge({ ...cluster, since, limitMs: slowest + 1000, signal });
  await calmDown(signal);
  return { writes: options.clients * options.warmup + writes, ms, steady };
}

/** The load of a pass, with the pass's own quorum and instruments, until a write's cost is steady. */
async function loadUntilSteady({
  cluster,
  quorum,
  options,
  signal,
}: WarmUpOptions): Promise<{ writes: number; steady: boolean }> {
  const enough = new AbortController();
  const limit = setTimeout(() => enough.abort(), steadyLimitMs);
  const either = AbortSignal.any([signal, enough.signal]);
  const acks = await openAckStream(cluster.leader.url, either);
  const probe = createFreshnessProbe(cluster.followers, either);
  const steadiness = createSteadiness(performance.now());
  let writes = 0;
  let failures = 0;
  let steady = false;
  try {
    await generateLoad({
      ...options,
      writes: Math.ceil(writesMax / options.clients),
      warmup: 0,
      staggerMs: 0,
      keys: options.keys ?? 1,
      label: "warm-up",
      url: cluster.leader.url,
      timeoutMs: cluster.timeoutMs,
      quorum: cluster.quorumPerWrite ? quorum : undefined,
      signal: either,
      sampled: (sample) => {
        writes += 1;
        probe.answered(sample);
        const costMs = overheadOf(sample, quorum);
        steady ||= steadiness.observe({ costMs, now: performance.now() });
        if (steady) enough.abort();
      },
      // A cluster that refuses is not warmed up by being asked again and again.
      failed: () => {
        failures += 1;
        if (failures >= options.clients) enough.abort();
      },
    });
    signal.throwIfAborted();
  } finally {
    clearTimeout(limit);
    enough.abort();
    acks.close();
  }
  await probe.finish();
  return { writes, steady };
}

/** Of all clients; time or steadiness ends a warm-up long before. */
const writesMax = 200_000;

async function calmDown(signal: AbortSignal): Promise<void> {
  const until = performance.now() + patienceMs;
  while (performance.now() < until) {
    const heard = listenForNoise();
    await pause(listenMs, undefined, { signal });
    if (heard().maxMs <= calmMs) return;
  }
}
