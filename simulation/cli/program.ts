/** The command line: commands, options, their ranges and their help. */
import { Command, Option } from "commander";
import type { ExitCode } from "../errors.ts";
import { formats } from "../report/write.ts";
import { progressStyles } from "../terminal/progress.ts";
import { type DiffFlags, diffCommand } from "./diff.ts";
import type { SweepFlags } from "./flags.ts";
import {
  type CompareFlags,
  compareCommand,
  type RenderFlags,
  renderCommand,
  type TheoryFlags,
  theoryCommand,
} from "./offline.ts";
import { sweepDefaults } from "./reproduce.ts";
import { sweepCommand } from "./sweep.ts";
import {
  delayMs,
  parseFollowerDelay,
  parseKeys,
  parseList,
  parseQuorums,
  parseShare,
  quorumsText,
  wholeNumber,
} from "./values.ts";

const exitHelp = `
Exit codes:
  0    success (no verdict failed; some may be inconclusive)
  1    a verdict failed; diff: stores differ; compare: slower than chance explains
  2    wrong usage
  3    the cluster could not be reached
  4    too many writes did not succeed
  130  interrupted; partial results are kept`;

const sweepHelp = `
Examples:
  $ npm run simulate
  $ npm run simulate -- --quorums 1,3,5 --rounds 3
  $ npm run simulate -- --max-delay 200 --follower-delay follower5=500-800
  $ npm run simulate -- --target http://localhost:4567 --quorums 1-5
  $ npm run simulate -- --target compose --out reports/compose
  $ npm run simulate -- render reports/mine/results.json --format html
  $ npm run simulate -- compare before/results.json after/results.json
  $ npm run simulate -- theory --max-delay 1000
  $ npm run simulate -- diff --target http://localhost:4567 --wait 2000
${exitHelp}`;

/** `ended` is called with the exit code of the command that ran. */
export function createProgram(ended: (code: ExitCode) => void): Command {
  const usual = sweep(ended);
  const program = new Command("simulate")
    .description("Measures what a write quorum costs, and checks it against theory.")
    .addHelpText("after", () => `\nWithout a command it sweeps. ${optionsOf(usual)}${sweepHelp}`)
    .exitOverride();
  program.addCommand(usual, { isDefault: true });
  program.addCommand(render(ended));
  program.addCommand(compare(ended));
  program.addCommand(theory(ended));
  program.addCommand(diff(ended));
  return program;
}

function optionsOf(described: Command): string {
  const help = described.helpInformation();
  return help.slice(help.indexOf("Options:")).replace("Options:", "Options of sweep:");
}

type Ended = (code: ExitCode) => void;

const command = (name: string, description: string): Command =>
  new Command(name).description(description).exitOverride();

const countMax = 1_000_000;

function sweep(ended: Ended): Command {
  const usual = sweepDefaults;
  return command(
    "sweep",
    "starts a cluster or uses a running one, sweeps the write quorum, writes a report",
  )
    .option("--target <target>", "processes, compose, or the URL of a running node", usual.target)
    .option(
      "--followers <n>",
      "followers of the cluster that is started",
      wholeNumber(1, 20),
      usual.followers,
    )
    .addOption(
      new Option("--quorums <list>", "write quorums, such as 1-5 or 1,3,5")
        .argParser(parseQuorums)
        .default(usual.quorums, quorumsText(usual.quorums)),
    )
    .option("--clients <n>", "concurrent clients", wholeNumber(1, 10_000), usual.clients)
    .option(
      "--writes <n>",
      `writes of each client per pass (default: ${usual.writes}, more in passes shorter than --min-duration)`,
      wholeNumber(1, countMax),
    )
    .option(
      "--min-duration <ms>",
      `shorter passes make more writes (default: ${usual.minDuration}, 0 with --writes)`,
      wholeNumber(0, 600_000),
    )
    .option("--rounds <n>", "passes per quorum", wholeNumber(1, 1000), usual.rounds)
    .addOption(
      new Option("--order <order>", "order of the passes")
        .choices(["sequential", "interleaved", "random"])
        .default(usual.order),
    )
    .option("--keys <n|unique>", "how many keys are written", parseKeys, usual.keys)
    .option("--payload <bytes>", "size of a value", wholeNumber(1, 1_000_000), usual.payload)
    .option("--min-delay <ms>", "shortest delay (default: 0; with a URL: unchanged)", delayMs)
    .option("--max-delay <ms>", "longest delay (default: 1000; with a URL: unchanged)", delayMs)
    .option(
      "--follower-delay <id=min-max>",
      "delay of one follower, in place of the general one",
      parseFollowerDelay,
    )
    .option("--seed <n>", "seed of keys, order and intervals", wholeNumber(0, 2 ** 31), usual.seed)
    .option(
      "--warmup <n>",
      "unmeasured writes of each client at the start of a warm-up (0: no warm-up)",
      wholeNumber(0, 10_000),
      usual.warmup,
    )
    .option(
      "--max-failed <percent>",
      "ends the run when more writes than this share did not succeed",
      parseShare,
      0.1,
    )
    .option("--out <dir>", "folder of the report (default: reports/sweep-<time>)")
    .addOption(formatOption())
    .option("--baseline <results.json>", "earlier run to compare with")
    .option("--keep-keys", "leave the sweep's keys in a cluster given by URL", false)
    .option("--json", "data on standard output, progress on standard error", false)
    .addOption(
      new Option("--progress <style>", "how progress is shown")
        .choices(progressStyles)
        .default("auto"),
    )
    .option("--no-color", "no colours")
    .addHelpText("after", exitHelp)
    .action(async (flags: SweepFlags) => ended(await sweepCommand(flags)));
}

const formatOption = (): Option =>
  new Option("--format <list>", "formats of the report")
    .argParser(parseList(formats))
    .default(formats, formats.join(","));

const render = (ended: Ended): Command =>
  command("render", "writes the report again from results.json, without a cluster")
    .argument("<results.json>")
    .option("--out <dir>", "folder of the report (default: where the file is)")
    .addOption(formatOption())
    .option("--baseline <results.json>", "earlier run to compare with")
    .option("--no-color", "no colours")
    .action(async (file: string, flags: RenderFlags) => ended(await renderCommand(file, flags)));

const compare = (ended: Ended): Command =>
  command("compare", "compares two runs")
    .argument("<before>", "a results.json")
    .argument("<after>", "a results.json")
    .option("--json", "data on standard output", false)
    .option("--no-color", "no colours")
    .action(async (before: string, after: string, flags: CompareFlags) =>
      ended(await compareCommand([before, after], flags)),
    );

const theory = (ended: Ended): Command =>
  command("theory", "predicts latencies for given delays, without a cluster")
    .option("--followers <n>", "followers", wholeNumber(1, 30), 5)
    .option("--quorums <list>", "write quorums (default: all)", parseQuorums)
    .option("--min-delay <ms>", "shortest delay", delayMs, 0)
    .option("--max-delay <ms>", "longest delay", delayMs, 1000)
    .option(
      "--follower-delay <id=min-max>",
      "delay of one follower, in place of the general one",
      parseFollowerDelay,
    )
    .option("--json", "data on standard output", false)
    .option("--no-color", "no colours")
    .action((flags: TheoryFlags) => ended(theoryCommand(flags)));

const diff = (ended: Ended): Command =>
  command("diff", "compares the leader's store with each follower's")
    .option("--target <url>", "any node of the cluster", "http://127.0.0.1:4567")
    .option(
      "--wait <ms>",
      "wait up to this long for the stores to become equal",
      wholeNumber(0, 600_000),
      0,
    )
    .option("--out <dir>", "write a diff file for each follower that differs")
    .option("--json", "data on standard output", false)
    .option("--no-color", "no colours")
    .action(async (flags: DiffFlags) => ended(await diffCommand(flags)));
