/** The same load on several stores in turn, so that a busy machine hurts all alike. */
import { type Figures, type LoadOptions, load } from "../load/load.ts";
import { describeUse, isBusy, type MachineUse, watchMachine } from "./machine.ts";
import { cpuSecondsOf } from "./processes.ts";
import { type Spread, shown, shownRange, spreadOf } from "./statistics.ts";

/** One store under load. */
export interface Side extends Omit<LoadOptions, "seconds"> {
  readonly name: string;
  /** Its server processes, the one that is asked first. */
  readonly pids: readonly number[];
  /** Prepares each of its runs; what it returns undoes that. */
  readonly prepare?: () => Promise<() => Promise<void>>;
}

export interface Rounds {
  readonly seconds: number;
  readonly rounds: number;
  /** Node compiles what is hot while it runs, so the first seconds tell of the compiler. */
  readonly warmUpSeconds: number;
}

/** Microseconds of processor time for each successful answer. */
interface Run extends Figures {
  readonly allCpuMicros: number;
  readonly leaderCpuMicros: number;
  readonly machine: MachineUse;
}

export interface SideResult {
  readonly name: string;
  readonly rate: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
  /** Of all its servers. */
  readonly allCpuMicros: Spread;
  /** Of the one that was asked. */
  readonly leaderCpuMicros: Spread;
  /** The first side's divided by this one's, round by round. */
  readonly ratio: { readonly rate: Spread; readonly all: Spread; readonly leader: Spread };
  readonly runs: readonly Run[];
}

export async function compare(
  sides: readonly Side[],
  { seconds, rounds, warmUpSeconds }: Rounds,
): Promise<readonly SideResult[]> {
  if (warmUpSeconds > 0) for (const side of sides) await runOnce(side, warmUpSeconds);
  const runs = new Map<Side, Run[]>(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const side of sides) runs.get(side)?.push(await runOnce(side, seconds));
  const first = runs.get(sides[0] as Side) ?? [];
  return sides.map((side) => resultOf(side, runs.get(side) ?? [], first));
}

async function runOnce(side: Side, seconds: number): Promise<Run> {
  const undo = await side.prepare?.();
  try {
    const all = cpuSecondsOf(side.pids);
    const leader = cpuSecondsOf(side.pids.slice(0, 1));
    const end = watchMachine();
    const figures = await load({ ...side, seconds });
    const succeeded = Math.max(1, figures.answered - figures.failed);
    const allCpuMicros = ((cpuSecondsOf(side.pids) - all) / succeeded) * 1e6;
    const leaderCpuMicros = ((cpuSecondsOf(side.pids.slice(0, 1)) - leader) / succeeded) * 1e6;
    return { ...figures, allCpuMicros, leaderCpuMicros, machine: end() };
  } finally {
    await undo?.();
  }
}

function resultOf(side: Side, runs: readonly Run[], first: readonly Run[]): SideResult {
  const each = (of: (run: Run) => number): Spread => spreadOf(runs.map(of));
  const ratio = (of: (run: Run) => number): Spread =>
    spreadOf(first.map((run, round) => of(run) / of(runs[round] ?? run)));
  return {
    name: side.name,
    rate: each(({ rate }) => rate),
    p50Ms: each(({ p50Ms }) => p50Ms).median,
    p99Ms: each(({ p99Ms }) => p99Ms).median,
    failed: runs.reduce((sum, { failed }) => sum + failed, 0),
    allCpuMicros: each(({ allCpuMicros }) => allCpuMicros),
    leaderCpuMicros: each(({ leaderCpuMicros }) => leaderCpuMicros),
    ratio: {
      rate: ratio(({ rate }) => rate),
      all: ratio(({ allCpuMicros }) => allCpuMicros),
      leader: ratio(({ leaderCpuMicros }) => leaderCpuMicros),
    },
    runs,
  };
}

export const columns = [
  ...["Load", "Store", "Answers/s", "p50 ms", "p99 ms"],
  ...["Leader's CPU, µs", "CPU of all, µs"],
  ...["Ratio of rates", "Ratio of leaders' CPU", "Ratio of all CPU"],
];

const withRange = (spread: Spread): string => `${shown(spread.median)} (${shownRange(spread)})`;

/** One row for each side. */
export const rowsOf = (
  load: string,
  results: readonly SideResult[],
): readonly (readonly string[])[] =>
  results.map((side, index) => [
    load,
    side.name + (side.runs.some(({ machine }) => isBusy(machine)) ? " (busy machine)" : ""),
    ...[withRange(side.rate), shown(side.p50Ms), shown(side.p99Ms)],
    ...[shown(side.leaderCpuMicros.median), shown(side.allCpuMicros.median)],
    ...(index === 0
      ? ["", "", ""]
      : [
          withRange(side.ratio.rate),
          ...[shown(side.ratio.leader.median), shown(side.ratio.all.median)],
        ]),
  ]);

/** What the columns mean, whose requests failed, and how busy the machine was. */
export const notesOf = (
  { seconds, rounds }: Rounds,
  results: readonly SideResult[],
): readonly string[] => [
  `Medians of ${rounds} rounds of ${seconds} s in turn, with the lowest and the highest. CPU is processor time for each answer, ` +
    "of the process that is asked and of all processes of the store. Ratios are those of the first store of a load to the one of the row.",
  ...results
    .filter(({ failed }) => failed > 0)
    .map(({ name, failed }) => `${name}: ${failed} requests failed.`),
  describeUse(results.flatMap(({ runs }) => runs.map(({ machine }) => machine))),
];
