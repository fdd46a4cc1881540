/** `simulate diff`: the leader's store against each follower's, as they are now. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compareStores } from "../compare/compare.ts";
import { converge } from "../compare/converge.ts";
import { unifiedDiff } from "../compare/unified.ts";
import { type ExitCode, exitCodes } from "../errors.ts";
import { checkedUrl, discover } from "../launch/discover.ts";
import type { Comparison, FollowerComparison } from "../results/schema.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { createOutput, type Output } from "./output.ts";

/** Options of `simulate diff`, as commander hands them over. */
export interface DiffFlags {
  readonly target: string;
  /** Wait so long for the stores to become equal before they are compared. */
  readonly wait: number;
  readonly out?: string;
  readonly json: boolean;
  readonly color: boolean;
}

/** Exit code 0: all equal; 1: some differ; 3: the leader or a follower did not answer. */
export async function diffCommand(flags: DiffFlags): Promise<ExitCode> {
  const output = createOutput(flags.color);
  const interrupts = listenForInterrupts();
  try {
    const comparison = await compareNow(flags, interrupts.signal);
    if (flags.json) output.printJson(comparison);
    else show(output, comparison);
    if (flags.out !== undefined) await saveDiffs(flags.out, comparison);
    return codeOf(comparison);
  } catch (error) {
    if (interrupts.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    interrupts.stop();
  }
}

async function compareNow(flags: DiffFlags, signal: AbortSignal): Promise<Comparison> {
  const cluster = await discover(checkedUrl(flags.target), signal);
  const since = performance.now();
  if (flags.wait > 0) await converge({ ...cluster, since, limitMs: flags.wait, signal });
  const found = await compareStores({ ...cluster, signal });
  return { moment: flags.wait > 0 ? "settled" : "answered", atMs: flags.wait, ...found };
}

function codeOf({ followers }: Comparison): ExitCode {
  if (followers.some(({ error }) => error !== null)) return exitCodes.unreachable;
  return followers.every(({ identical }) => identical) ? exitCodes.ok : exitCodes.verdictFailed;
}

function show({ paint, print }: Output, comparison: Comparison): void {
  const { leader, followers } = comparison;
  print(`${leader.node}: ${leader.keys} keys, applied ${leader.applied}`);
  for (const follower of followers) {
    const ink = follower.identical ? "green" : "red";
    print(`${paint(ink, follower.node)}: ${inWords(follower)}`);
  }
  for (const follower of followers) {
    if (follower.differences.length > 0) print(`\n${unifiedDiff(comparison, follower).trimEnd()}`);
  }
}

function inWords({ identical, method, applied, counts, error }: FollowerComparison): string {
  if (error !== null) return `could not be compared: ${error}`;
  const how = method === "digest" ? "by digest" : "key by key";
  if (identical) return `equal (${how}), applied ${applied}`;
  const classes = Object.entries(counts).filter(([, count]) => count > 0);
  return `${classes.map(([name, count]) => `${count} ${name}`).join(", ")}, applied ${applied}`;
}

async function saveDiffs(directory: string, comparison: Comparison): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const follower of comparison.followers) {
    if (follower.identical) continue;
    const path = join(directory, follower.node);
    await writeFile(`${path}.diff`, unifiedDiff(comparison, follower));
    await writeFile(`${path}.json`, `${JSON.stringify(follower, undefined, 1)}\n`);
  }
}
