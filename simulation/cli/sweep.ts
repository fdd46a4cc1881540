/** `simulate sweep`: the whole experiment, from a cluster to a report. */
import { access, constants, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Analysis, analyse } from "../analysis/analyse.ts";
import type { Target } from "../cluster.ts";
import { type ExitCode, exitCodes, reasonOf, usageError } from "../errors.ts";
import { createComposeTarget } from "../launch/compose.ts";
import { checkedUrl } from "../launch/discover.ts";
import { createProcessesTarget, followerIds } from "../launch/processes.ts";
import { createUrlTarget } from "../launch/url.ts";
import { summaryTable } from "../report/table.ts";
import { readResults, saveResults, writeReport } from "../report/write.ts";
import type { Results, SweepOptions } from "../results/schema.ts";
import type { Listener } from "../sweep/progress.ts";
import { runSweep } from "../sweep/run.ts";
import { chartOf, inks, symbols } from "../terminal/chart.ts";
import { createProgress } from "../terminal/progress.ts";
import { tableText } from "../terminal/table.ts";
import type { SweepFlags } from "./flags.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { complain, createOutput, type Output } from "./output.ts";
import { reproduceCommand, sweepDefaults } from "./reproduce.ts";

/**
 * Runs the sweep, writes the report and shows it. A run that ends early keeps what it
 * measured; its exit code says why it ended.
 */
export async function sweepCommand(flags: SweepFlags): Promise<ExitCode> {
  const output = createOutput(flags.color);
  const baseline = flags.baseline === undefined ? undefined : await readResults(flags.baseline);
  const directory = flags.out ?? defaultDirectory();
  await makeDirectory(directory);
  const listener = createProgress(flags.progress, stderr(), output.paint);
  const interrupts = listenForInterrupts();
  try {
    const { results, error } = await measure(flags, {
      directory,
      signal: interrupts.signal,
      listener,
    });
    const analysis = await writeReport(results, {
      directory,
      formats: flags.format,
      baseline: baseline && { name: flags.baseline ?? "", analysis: analyse(baseline) },
    });
    show(output, { flags, results, analysis, directory });
    if (error !== undefined) complain(error.message);
    return error?.exitCode ?? codeOf(analysis);
  } catch (error) {
    // Before the first pass there is nothing to keep.
    if (interrupts.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    interrupts.stop();
  }
}

interface Measuring {
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

async function measure(flags: SweepFlags, { directory, signal, listener }: Measuring) {
  const options = optionsOf(flags);
  const target = await createTarget(flags, signal);
  let saved = Promise.resolve();
  try {
    return await runSweep({
      target,
      options,
      command: reproduceCommand(flags),
      failedShareMax: flags.maxFailed,
      signal,
      listener: (event) => {
        listener(event);
        if (event.type !== "passed") return;
        // Saved now, in case the run fails later.
        const { results } = event;
        saved = saved.then(() => saveResults(directory, results));
      },
    });
  } finally {
    await saved.catch((error: unknown) => {
      complain(`partial results could not be saved: ${reasonOf(error)}`);
    });
    await target.close().catch((error: unknown) => {
      complain(`the cluster could not be restored: ${reasonOf(error)}`);
    });
  }
}

function optionsOf(flags: SweepFlags): SweepOptions {
  const { target, quorums, clients, rounds, order, payload, seed, warmup } = flags;
  const keys = flags.keys === "unique" ? null : flags.keys;
  const own = isOwn(target);
  return {
    target,
    quorums: [...quorums],
    clients,
    writes: flags.writes ?? sweepDefaults.writes,
    // Whoever says how many writes there are gets exactly those.
    minDurationMs:
      flags.minDuration ?? (flags.writes === undefined ? sweepDefaults.minDuration : 0),
    rounds,
    order,
    keys,
    payload,
    seed,
    warmup,
    minDelay: flags.minDelay ?? (own ? labDelay.min : null),
    maxDelay: flags.maxDelay ?? (own ? labDelay.max : null),
    followerDelays: { ...flags.followerDelay },
  };
}

const labDelay = { min: 0, max: 1000 };
const isOwn = (target: string): boolean => target === "processes" || target === "compose";

async function createTarget(flags: SweepFlags, signal: AbortSignal): Promise<Target> {
  const minDelay = flags.minDelay ?? labDelay.min;
  const maxDelay = flags.maxDelay ?? Math.max(labDelay.max, minDelay);
  if (minDelay > maxDelay)
    throw usageError(`--min-delay ${minDelay} is above --max-delay ${maxDelay}`);
  const followerDelays = flags.followerDelay ?? {};
  switch (flags.target) {
    case "processes": {
      checkFollowers(flags);
      const { followers } = flags;
      return createProcessesTarget({ followers, minDelay, maxDelay, followerDelays });
    }
    case "compose":
      return createComposeTarget({ minDelay, maxDelay, followerDelays }, signal);
    default:
      return createUrlTarget({
        url: checkedUrl(flags.target),
        minDelay: flags.minDelay,
        maxDelay: flags.maxDelay,
        followerDelays: flags.followerDelay,
        keepKeys: flags.keepKeys,
      });
  }
}

/** Before anything is started: what cannot work on a cluster of our own making. */
function checkFollowers({ followers, quorums, followerDelay = {} }: SweepFlags): void {
  const highest = Math.max(...quorums);
  if (highest > followers) {
    throw usageError(`a quorum of ${highest} needs as many followers; there are ${followers}`);
  }
  const ids = followerIds(followers);
  const unknown = Object.keys(followerDelay).find((id) => !ids.includes(id));
  if (unknown === undefined) return;
  throw usageError(`--follower-delay names ${unknown}; followers are ${ids.join(", ")}`);
}

interface Shown {
  readonly flags: SweepFlags;
  readonly results: Results;
  readonly analysis: Analysis;
  readonly directory: string;
}

function show(output: Output, { flags, results, analysis, directory }: Shown): void {
  const report = join(directory, flags.format.includes("html") ? "index.html" : "");
  if (flags.json) {
    output.printJson({ ...analysis, cutShort: results.cutShort, report });
    return;
  }
  const { paint } = output;
  const lines = [
    "",
    paint("bold", analysis.headline),
    "",
    chartOf({ analysis, paint }),
    "",
    tableText(summaryTable(analysis), paint),
    "",
    ...analysis.verdicts.map(
      ({ state, title, detail }) =>
        `  ${paint(inks[state], `${symbols[state]} ${state.padEnd(12)}`)} ${title}: ${detail}`,
    ),
    "",
    `Report: ${report}`,
  ];
  output.print(lines.join("\n"));
}

const codeOf = ({ verdict }: Analysis): ExitCode =>
  verdict === "failed" ? exitCodes.verdictFailed : exitCodes.ok;

/** Checked before the run: a minute of measuring must not end at a folder that cannot be written. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (error) {
    throw usageError(`--out: the folder ${directory} cannot be written: ${reasonOf(error)}`);
  }
}

const defaultDirectory = (): string =>
  join("reports", `sweep-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);

const stderr = () => ({
  isTTY: process.stderr.isTTY,
  columns: process.stderr.columns ?? 100,
  write: (text: string) => void process.stderr.write(text),
});
