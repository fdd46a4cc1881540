/** The whole sweep: pass after pass, with everything measured so far kept whatever happens. */

import type { Cluster, Target } from "../cluster.ts";
import { exitCodes, reasonOf, SimulationError, usageError } from "../errors.ts";
import { LeaderChanged, whileLeading } from "../launch/leadership.ts";
import type { Pass, Results, SweepOptions, WarmUp } from "../results/schema.ts";
import { schemaVersion } from "../results/schema.ts";
import { mean } from "../statistics/index.ts";
import { predictSettle } from "../theory/index.ts";
import { environmentNow, loadNow } from "./environment.ts";
import { emptyPass, runPass } from "./pass.ts";
import { type PlannedPass, passSizes, planPasses } from "./plan.ts";
import type { Listener } from "./progress.ts";
import { createTimeLeft, type TimeLeft } from "./time-left.ts";

/** Where to sweep, how, and who hears of it. */
export interface SweepRun {
  readonly target: Target;
  readonly options: SweepOptions;
  /** What to type to run it again. */
  readonly command: string;
  readonly failedShareMax: number;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** A run always leaves results, if only empty ones. */
export interface SweepEnd {
  readonly results: Results;
  /** What ended it before its time; undefined: it is whole. */
  readonly error: SimulationError | undefined;
}

type Draft = { -readonly [Name in keyof Results]: Results[Name] };

/** Always resolves; the target is not closed here. */
export async function runSweep(run: SweepRun): Promise<SweepEnd> {
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
    leaderChanges: [],
  };
  const writesTotal = planned.length * options.clients * options.writes;
  listener({ type: "plan", passes: planned, writesTotal });
  const timeLeft = createTimeLeft(planned);
  let error: SimulationError | undefined;
  try {
    let ready = await practise(planned, { run, results });
    for (const next of planned) {
      await untilOneLeader(next, { run, results, timeLeft, planned, ready });
      ready = undefined;
    }
  } catch (cause) {
    error = endOf(cause, run.signal);
    results.cutShort = error.message;
  }
  results.finishedAt = new Date().toISOString();
  results.environment = { ...results.environment, loadAfter: loadNow() };
  return { results, error };
}

interface Context {
  readonly run: SweepRun;
  readonly results: Draft;
}

interface PassContext extends Context {
  readonly timeLeft: TimeLeft;
  readonly planned: readonly PlannedPass[];
  /** A cluster that already serves this pass's quorum, warm. */
  readonly ready: Ready | undefined;
}

interface Ready {
  readonly cluster: Cluster;
  readonly warmUp: WarmUp | null;
}

/** Of each client; enough that every part of a pass has run once. */
const practiceWrites = 3;

/**
 * A pass that is not counted, at the first quorum. It takes on what happens only once, such as the
 * compilation of this program's own code. The first pass goes on with its cluster, and is warm.
 */
async function practise(
  [first]: readonly PlannedPass[],
  { run, results }: Context,
): Promise<Ready | undefined> {
  const { options, target, listener, signal } = run;
  if (first === undefined || options.warmup === 0) return undefined;
  const planned = { quorum: first.quorum, round: 0 };
  signal.throwIfAborted();
  listener({ type: "stage", stage: "starting", ...planned, theoryMs: null });
  const cluster = await target.prepare(planned.quorum, signal);
  assertServes(cluster, planned.quorum);
  remember(cluster, results);
  const writes = Math.min(options.writes, practiceWrites);
  const pass = emptyPass(planned, { ...options, writes });
  await runPass(pass, {
    cluster,
    planned,
    options,
    signal,
    staggerMs: 0,
    failedShareMax: run.failedShareMax,
    stage: (stage) => listener({ type: "stage", stage, ...planned, theoryMs: null }),
    wrote: () => undefined,
  });
  return { cluster, warmUp: pass.warmUp };
}

/** Of one pass; a cluster whose leader does not stay cannot be measured. */
const attemptsMax = 3;

/** A pass during which another node took over tells of that, not of the quorum: it is made again. */
async function untilOneLeader(next: PlannedPass, context: PassContext): Promise<void> {
  const { run, results } = context;
  const before = results.passes;
  let { ready } = context;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await onePass(next, { ...context, ready });
      return;
    } catch (error) {
      if (!(error instanceof LeaderChanged)) throw error;
      if (attempt === attemptsMax) throw error.cause ?? error;
      // Where nobody leads, what was measured stays.
      const cluster = await run.target.prepare(next.quorum, run.signal).catch((cause: unknown) => {
        throw error.cause ?? cause;
      });
      ready = { cluster, warmUp: null };
      const { quorum, round } = next;
      results.passes = before;
      results.leaderChanges = [...results.leaderChanges, { quorum, round, from: error.leader }];
      run.listener({ type: "note", text: `${error.message}; the pass is made again` });
    }
  }
}

async function onePass(next: PlannedPass, { run, results, timeLeft, planned, ready }: PassContext) {
  const { options, target, listener, signal } = run;
  const { quorum } = next;
  signal.throwIfAborted();
  listener({ type: "stage", stage: "starting", ...next, theoryMs: null });
  timeLeft.starting();
  const cluster = ready?.cluster ?? (await target.prepare(quorum, signal));
  assertServes(cluster, quorum);
  remember(cluster, results);
  const delays = cluster.followers.map(({ delay }) => delay);
  const sizeOf = passSizes(options, delays);
  timeLeft.loading(next, sizeOf);
  const theoryMs = predictSettle({ followers: delays, quorum }).meanMs;
  const { writes, writeMs } = sizeOf(quorum);
  const pass = emptyPass(next, { ...options, writes });
  if (ready !== undefined) pass.warmUp = ready.warmUp;
  const passes = results.passes;
  results.passes = [...passes, pass];
  const writesTotal = planned.reduce(
    (sum, one) => sum + options.clients * sizeOf(one.quorum).writes,
    0,
  );
  const known = passes.filter((other) => other.quorum === quorum).flatMap(latencies);
  const load = () =>
    runPass(pass, {
      cluster,
      planned: next,
      options,
      staggerMs: writeMs,
      failedShareMax: run.failedShareMax,
      signal,
      stage: (stage) => listener({ type: "stage", stage, ...next, theoryMs }),
      wrote: (latencyMs) => {
        if (latencyMs !== null) known.push(latencyMs);
        listener({
          type: "write",
          ...next,
          latencyMs,
          writesDone: writesDone(results),
          writesTotal,
          meanMs: known.length === 0 ? null : mean(known),
          theoryMs,
          secondsLeft: timeLeft.seconds(
            (pass.samples.length + pass.failures.length) / pass.expected,
          ),
        });
      },
    });
  await whileLeading(cluster.leader, signal, load).finally(() =>
    listener({ type: "passed", quorum, results }),
  );
  timeLeft.done();
  assertMostSucceeded(pass, run.failedShareMax);
}

const writesDone = ({ passes }: Results): number =>
  passes.reduce((sum, { samples, failures }) => sum + samples.length + failures.length, 0);

const latencies = ({ samples }: Pass): readonly number[] =>
  samples.map(({ latencyMs }) => latencyMs);

function assertServes({ followers }: Cluster, quorum: number): void {
  if (quorum <= followers.length) return;
  throw usageError(`a quorum of ${quorum} needs as many followers; there are ${followers.length}`);
}

function remember({ leader, followers }: Cluster, results: Draft): void {
  results.leader = leader.id;
  results.followers = followers.map(({ id, delay }) => ({ id, delay }));
}

function assertMostSucceeded({ quorum, failures, expected }: Pass, shareMax: number): void {
  if (failures.length <= expected * shareMax) return;
  const [first] = failures;
  throw new SimulationError(
    `at quorum ${quorum}, ${failures.length} of ${expected} writes had no success; ` +
      `the first: ${first?.code} ${first?.detail}`,
    exitCodes.tooManyFailedWrites,
  );
}

/** A lost connection is what a signal's abort looks like too, so the signal is asked first. */
function endOf(cause: unknown, signal: AbortSignal): SimulationError {
  if (signal.aborted) return new SimulationError("interrupted", exitCodes.interrupted, { cause });
  if (cause instanceof SimulationError) return cause;
  return new SimulationError(reasonOf(cause), exitCodes.unreachable, { cause });
}
