/** One pass: load with one quorum, the stores compared at two moments, what the acks told. */

import type { Cluster } from "../cluster.ts";
import { compareStores } from "../compare/compare.ts";
import { converge } from "../compare/converge.ts";
import { openAckStream } from "../load/ack-stream.ts";
import { createFreshnessProbe } from "../load/freshness.ts";
import { generateLoad } from "../load/generator.ts";
import { listenForNoise } from "../load/noise.ts";
import { rounded } from "../numbers.ts";
import type { Comparison, Failure, Pass, Sample, SweepOptions } from "../results/schema.ts";
import type { PlannedPass } from "./plan.ts";
import type { Stage } from "./progress.ts";
import { warmUp } from "./warm-up.ts";

/** What a pass needs, and who hears how it goes on. */
export interface PassOptions {
  readonly cluster: Cluster;
  readonly planned: PlannedPass;
  readonly options: SweepOptions;
  /** Over which the clients' starts are spread. */
  readonly staggerMs: number;
  /** Stops the load once more writes than this share of the pass failed. */
  readonly failedShareMax: number;
  readonly signal: AbortSignal;
  readonly stage: (stage: Stage) => void;
  readonly wrote: (latencyMs: number | null) => void;
}

/** Below this many keys the stores are listed even where digests agree: it costs nothing. */
const listAnywayKeysMax = 10_000;
/** Of each pass, the first ones: they are drawn, not averaged. */
const timelinesMax = 200;

type Draft = { -readonly [Name in keyof Pass]: Pass[Name] };

/**
 * Fills the draft as it goes, so that whatever ends the pass early, what was measured is kept. Throws when
 * the leader stops answering.
 */
export async function runPass(draft: Draft, context: PassOptions): Promise<void> {
  const { cluster, signal, stage } = context;
  // The pass that is not counted has warmed up for the first one.
  if (draft.warmUp === null) stage("warming");
  draft.warmUp ??= await warmUp({ ...context, quorum: context.planned.quorum });
  stage("loading");
  const acks = await openAckStream(cluster.leader.url, signal);
  try {
    // The warm-up may have used up the writes that the leader reports in this second.
    await acks.nextSecond();
    const lastAnswerAt = await loadPass(draft, context);
    signal.throwIfAborted();
    // The run ends here; waiting for nodes that are gone would tell nothing.
    if (draft.failures.length > draft.expected * context.failedShareMax) return;
    stage("settling");
    await settlePass(draft, { cluster, signal, lastAnswerAt });
    await acks.complete(draft.samples, cluster.followers.length);
    draft.complete = draft.samples.length + draft.failures.length === draft.expected;
  } finally {
    // Only now have the slowest acks of the last writes arrived as well.
    draft.timelines = acks
      .timelines(draft.samples, cluster.followers.length)
      .slice(0, timelinesMax);
    acks.close();
  }
}

/** A pass before its first write. `expected` counts the writes of all clients. */
export const emptyPass = (
  { quorum, round }: PlannedPass,
  { clients, writes }: Pick<SweepOptions, "clients" | "writes">,
): Draft => ({
  quorum,
  round,
  startedAt: new Date().toISOString(),
  loadMs: 0,
  expected: clients * writes,
  warmUp: null,
  complete: false,
  samples: [],
  failures: [],
  noise: { meanMs: 0, p99Ms: 0, maxMs: 0 },
  freshness: [],
  timelines: [],
  comparisons: [],
  convergence: [],
});

/** Resolves with the instant of the last answer. */
async function loadPass(draft: Draft, context: PassOptions): Promise<number> {
  const { cluster, planned, options, signal } = context;
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  Object.assign(draft, { samples, failures, startedAt: new Date().toISOString() });
  const giveUp = new AbortController();
  const failuresMax = draft.expected * context.failedShareMax;
  const either = AbortSignal.any([signal, giveUp.signal]);
  const probe = createFreshnessProbe(cluster.followers, either);
  const heard = listenForNoise();
  const { startedAt, lastAnswerAt } = await generateLoad({
    ...options,
    writes: draft.expected / options.clients,
    staggerMs: context.staggerMs,
    url: cluster.leader.url,
    quorum: cluster.quorumPerWrite ? planned.quorum : undefined,
    timeoutMs: cluster.timeoutMs,
    label: `q${planned.quorum}r${planned.round}`,
    // The first write of each client opens its connection.
    warmup: Math.min(1, options.warmup),
    seed: options.seed + 1000 * planned.quorum + planned.round,
    signal: either,
    sampled: (sample) => {
      samples.push(sample);
      probe.answered(sample);
      context.wrote(sample.latencyMs);
    },
    failed: (failure) => {
      failures.push(failure);
      context.wrote(null);
      if (failures.length > failuresMax) giveUp.abort();
    },
  });
  draft.loadMs = rounded(lastAnswerAt - startedAt);
  draft.noise = heard();
  if (!either.aborted) draft.comparisons = [await compareNow(context, { lastAnswerAt })];
  draft.freshness = [...(await probe.finish())];
  return lastAnswerAt;
}

async function compareNow(
  { cluster, signal }: Pick<PassOptions, "cluster" | "signal">,
  { lastAnswerAt }: { lastAnswerAt: number },
): Promise<Comparison> {
  const atMs = rounded(performance.now() - lastAnswerAt);
  const found = await compareStores({ ...cluster, signal, listAnywayKeysMax });
  return { moment: "answered", atMs, ...found };
}

async function settlePass(
  draft: Draft,
  {
    cluster,
    signal,
    lastAnswerAt,
  }: { cluster: Cluster; signal: AbortSignal; lastAnswerAt: number },
): Promise<void> {
  const limitMs = cluster.timeoutMs;
  draft.convergence = await converge({ ...cluster, since: lastAnswerAt, limitMs, signal });
  const settled = await compareNow({ cluster, signal }, { lastAnswerAt });
  draft.comparisons = [...draft.comparisons, { ...settled, moment: "settled" }];
}
