/** What else the machine did during a measurement, from what Linux counts in /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";

/** Shares of all processors of the machine, 0..1. */
export interface MachineUse {
  /** Processes that are neither this one nor its descendants. */
  readonly others: number;
  /** What the host of a virtual machine gave to somebody else. */
  readonly stolen: number;
  /** Load average of the last minute, before and after. */
  readonly load: readonly [before: number, after: number];
}

/** Above this share of the processors, what others take is in the figures. */
const busyShare = 0.05;

export const isBusy = ({ others, stolen }: MachineUse): boolean => others + stolen > busyShare;

/** Begins a measurement; the function returned ends it. */
export function watchMachine(): () => MachineUse {
  const before = { machine: machineTicks(), own: ownTicks(), load: loadavg()[0] ?? 0 };
  return () => {
    const after = machineTicks();
    const passed = Math.max(1, after.all - before.machine.all);
    const own = ownTicks() - before.own;
    return {
      others: Math.max(0, after.worked - before.machine.worked - own) / passed,
      stolen: (after.stolen - before.machine.stolen) / passed,
      load: [before.load, loadavg()[0] ?? 0],
    };
  };
}

/** One line for a whole part: the worst round counts. */
export function describeUse(rounds: readonly MachineUse[]): string {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const worst = (of: (use: MachineUse) => number): string =>
    percent(Math.max(0, ...rounds.map(of)));
  const busy = rounds.filter(isBusy).length;
  return (
    `Load average ${rounds[0]?.load[0].toFixed(1)} before and ${rounds.at(-1)?.load[1].toFixed(1)} after. ` +
    `In a round, other processes took at most ${worst(({ others }) => others)} of the processors, ` +
    `and the host ${worst(({ stolen }) => stolen)}.` +
    (busy === 0 ? "" : ` **Busy machine in ${busy} of ${rounds.length} rounds.**`)
  );
}

/** Interrupts do not count as work: those of the measured sockets are there as well. */
function machineTicks() {
  const line = /^cpu +(.*)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1] ?? "";
  // The last two of ten are in the first two already.
  const ticks = line.split(" ").map(Number).slice(0, 8);
  const [user = 0, nice = 0, system = 0] = ticks;
  const all = ticks.reduce((sum, count) => sum + count, 0);
  return { all, worked: user + nice + system, stolen: ticks[7] ?? 0 };
}

/** Of this process and all its descendants, with those that have ended. */
function ownTicks(): number {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = fieldsOf(Number(name));
    if (fields === undefined) continue;
    parents.set(Number(name), Number(fields[1]));
    const used = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    ticks.set(Number(name), used);
  }
  const isOwn = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at))
      if (at === process.pid) return true;
    return false;
  };
  return [...ticks].reduce((sum, [pid, used]) => (isOwn(pid) ? sum + used : sum), 0);
}

/** What follows the name in `/proc/PID/stat`; undefined: the process has ended. */
function fieldsOf(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return undefined;
  }
}
