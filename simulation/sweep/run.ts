/** The whole sweep: pass after pass, with everything measured so far kept whatever happens. */
import { exitCodes, reasonOf, SimulationError, usageError } from "../errors.ts";
import type { Cluster, Target } from "../launch/cluster.ts";
import type { Pass, Results, SweepOptions } from "../results/schema.ts";
import { schemaVersion } from "../results/schema.ts";
import { mean } from "../statistics/index.ts";
import { predictSettle } from "../theory/index.ts";
import { environmentNow, loadNow } from "./environment.ts";
import { emptyPass, runPass } from "./pass.ts";
import { type PlannedPass, planPasses } from "./plan.ts";
import type { Listener } from "./progress.ts";
import { createTimeLeft, type TimeLeft } from "./time-left.ts";

export interface SweepRun {
  readonly target: Target;
  readonly options: SweepOptions;
  /** What to type to run it again. */
  readonly command: string;
  readonly failedShareMax: number;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

export interface SweepEnd {
  readonly results: Results;
  /** What ended it before its time; undefined: it is whole. */
  readonly error: SimulationError | undefined;
}

type Draft = { -readonly [Name in keyof Results]: Results[Name] };

/** Always resolves; the target is not closed here. */
export const runSweep = async (run: SweepRun): Promise<SweepEnd> => {
  const { options, target, listener } = run;
  const planned = planPasses(options);
  const results: Draft = {
    schemaVersion,
    startedAt: new Date().toISOString(),
    finishedAt: new Date().toISOString(),
    cutShort: null,
    command: run.command,
    options,
    environment: environmentNow(target.description),
    leader: "",
    followers: [],
    passes: [],
  };
  const writesTotal = planned.length * options.clients * options.writes;
  listener({ type: "plan", passes: planned, writesTotal });
  const timeLeft = createTimeLeft(planned, options);
  let error: SimulationError | undefined;
  try {
    for (const next of planned) await onePass(next, { run, results, timeLeft });
  } catch (cause) {
    error = endOf(cause, run.signal);
    results.cutShort = error.message;
  }
  results.finishedAt = new Date().toISOString();
  results.environment = { ...results.environment, loadAfter: loadNow() };
  return { results, error };
};

interface PassContext {
  readonly run: SweepRun;
  readonly results: Draft;
  readonly timeLeft: TimeLeft;
}

const onePass = async (planned: PlannedPass, { run, results, timeLeft }: PassContext) => {
  const { options, target, listener, signal } = run;
  const { quorum } = planned;
  signal.throwIfAborted();
  listener({ type: "stage", stage: "starting", ...planned, theoryMs: null });
  timeLeft.starting();
  const cluster = await target.prepare(quorum, signal);
  const theoryMs = predictedMean(cluster, quorum);
  remember(cluster, results);
  timeLeft.loading(planned, cluster);
  const pass = emptyPass(planned, options);
  const passes = results.passes;
  results.passes = [...passes, pass];
  const known = passes.filter((other) => other.quorum === quorum).flatMap(latencies);
  await runPass(pass, {
    cluster,
    planned,
    options,
    failedShareMax: run.failedShareMax,
    signal,
    stage: (stage) => listener({ type: "stage", stage, ...planned, theoryMs }),
    wrote: (latencyMs) => {
      if (latencyMs !== null) known.push(latencyMs);
      listener({
        type: "write",
        ...planned,
        latencyMs,
        ...progressOf(results, options),
        meanMs: known.length === 0 ? null : mean(known),
        theoryMs,
        secondsLeft: timeLeft.seconds(pass.samples.length + pass.failures.length),
      });
    },
  }).finally(() => listener({ type: "passed", quorum, results }));
  timeLeft.done();
  assertMostSucceeded(pass, run.failedShareMax);
};

const progressOf = (results: Results, { clients, writes, quorums, rounds }: SweepOptions) => ({
  writesDone: results.passes.reduce(
    (sum, { samples, failures }) => sum + samples.length + failures.length,
    0,
  ),
  writesTotal: quorums.length * rounds * clients * writes,
});

const latencies = ({ samples }: Pass): readonly number[] =>
  samples.map(({ latencyMs }) => latencyMs);

const predictedMean = ({ followers }: Cluster, quorum: number): number => {
  if (quorum > followers.length) {
    throw usageError(
      `a quorum of ${quorum} needs as many followers; there are ${followers.length}`,
    );
  }
  return predictSettle({ followers: followers.map(({ delay }) => delay), quorum }).meanMs;
};

const remember = ({ leader, followers }: Cluster, results: Draft): void => {
  results.leader = leader.id;
  results.followers = followers.map(({ id, delay }) => ({ id, delay }));
};

const assertMostSucceeded = ({ quorum, failures, expected }: Pass, shareMax: number): void => {
  if (failures.length <= expected * shareMax) return;
  const [first] = failures;
  throw new SimulationError(
    `at quorum ${quorum}, ${failures.length} of ${expected} writes had no success; ` +
      `the first: ${first?.code} ${first?.detail}`,
    exitCodes.tooManyFailedWrites,
  );
};

/** A lost connection is what a signal's abort looks like too, so the signal is asked first. */
const endOf = (cause: unknown, signal: AbortSignal): SimulationError => {
  if (signal.aborted) return new SimulationError("interrupted", exitCodes.interrupted, { cause });
  if (cause instanceof SimulationError) return cause;
  return new SimulationError(reasonOf(cause), exitCodes.unreachable, { cause });
};
