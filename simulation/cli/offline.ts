/** What needs no cluster: `render`, `compare` and `theory`. */
import { dirname } from "node:path";
import { analyse } from "../analysis/analyse.ts";
import { type ExitCode, exitCodes, usageError } from "../errors.ts";
import { followerIds } from "../launch/processes.ts";
import { comparisonTable, ms } from "../report/table.ts";
import { type Format, readResults, writeReport } from "../report/write.ts";
import { tableText } from "../terminal/table.ts";
import { type DelayRange, predictSettle } from "../theory/index.ts";
import { createOutput } from "./output.ts";

/** Options of `simulate render`. */
export interface RenderFlags {
  readonly out?: string;
  readonly format: readonly Format[];
  readonly baseline?: string;
  readonly color: boolean;
}

/** Writes the report again. Throws a usage error for a file that is not a results file. */
export async function renderCommand(file: string, flags: RenderFlags): Promise<ExitCode> {
  const output = createOutput(flags.color);
  const results = await readResults(file);
  const { baseline: name } = flags;
  const directory = flags.out ?? dirname(file);
  const { headline } = await writeReport(results, {
    directory,
    formats: flags.format,
    baseline: name === undefined ? undefined : { name, analysis: analyse(await readResults(name)) },
  });
  output.print(`${headline}\nReport: ${directory}`);
  return exitCodes.ok;
}

/** Options of `simulate compare`. */
export interface CompareFlags {
  readonly json: boolean;
  readonly color: boolean;
}

/** Exit code 1 when a quorum became slower than chance explains, under the same delays. */
export async function compareCommand(
  files: readonly [string, string],
  { json, color }: CompareFlags,
): Promise<ExitCode> {
  const output = createOutput(color);
  const [before, after] = [
    analyse(await readResults(files[0])),
    analyse(await readResults(files[1])),
  ];
  const table = comparisonTable(before.quorums, after.quorums);
  const alike = after.quorums.every(({ quorum, theory }) => {
    const other = before.quorums.find((one) => one.quorum === quorum);
    return other === undefined || Math.abs(other.theory.meanMs - theory.meanMs) < 1;
  });
  const [columns = [], ...rows] = table;
  if (json) {
    const named = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
    output.printJson({ alike, rows: named });
  } else {
    output.print(tableText(table, output.paint));
    if (!alike) output.print("The two runs had different delays, so their means differ anyway.");
  }
  const slower = rows.some((row) => row.at(-1) === "slower");
  return alike && slower ? exitCodes.verdictFailed : exitCodes.ok;
}

/** Options of `simulate theory`. Delays are milliseconds. */
export interface TheoryFlags {
  readonly followers: number;
  readonly quorums?: readonly number[];
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly followerDelay?: Readonly<Record<string, DelayRange>>;
  readonly json: boolean;
  readonly color: boolean;
}

/**
 * Prints what theory predicts for each quorum. Throws a usage error for a range or a quorum
 * that cannot be.
 */
export function theoryCommand(flags: TheoryFlags): ExitCode {
  const { minDelay, maxDelay, followerDelay = {} } = flags;
  if (minDelay > maxDelay)
    throw usageError(`--min-delay ${minDelay} is above --max-delay ${maxDelay}`);
  const output = createOutput(flags.color);
  const usual = { minDelayMs: minDelay, maxDelayMs: maxDelay };
  const followers = followerIds(flags.followers).map((id) => followerDelay[id] ?? usual);
  const quorums = flags.quorums ?? followers.map((_, index) => index + 1);
  const highest = Math.max(...quorums);
  if (highest > followers.length) {
    throw usageError(
      `a quorum of ${highest} needs as many followers; there are ${followers.length}`,
    );
  }
  const predictions = quorums.map((quorum) => predictSettle({ followers, quorum }));
  if (flags.json) {
    output.printJson(predictions);
    return exitCodes.ok;
  }
  const rows = predictions.map((one) => [
    ...[String(one.quorum), one.meanMs.toFixed(2), ms(one.standardDeviationMs), ms(one.p5Ms)],
    ...[ms(one.p50Ms), ms(one.p90Ms), ms(one.p95Ms), `${ms(one.lowestMs)} – ${ms(one.highestMs)}`],
  ]);
  const columns = ["quorum", "mean ms", "sd", "p5", "median", "p90", "p95", "possible"];
  output.print(tableText([columns, ...rows], output.paint));
  return exitCodes.ok;
}
