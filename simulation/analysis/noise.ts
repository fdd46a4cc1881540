/**
 * The one rule about noise: a statement about times is made only where neither chance nor anything else
 * the machine did explains what was measured. Every verdict, the headline and the comparison of two runs
 * go through it. No node: imports.
 */
import type { Pass, Results } from "../results/schema.ts";
import type { Interval } from "../statistics/index.ts";

/** Inconclusive means that the run can neither show the promise kept nor broken. */
export type VerdictState = "passed" | "failed" | "inconclusive";

/** What else the machine did while something was measured. */
export interface Disturbance {
  /** Worst pass: 99th percentile of how late the load generator's own timers were. */
  readonly timersLateMs: number;
  /** What the longest pause of each pass can have added to the mean: it delays one write of each client. */
  readonly pauseMs: number;
  /** The load average, where it shows that other programs wanted more processors than there are. */
  readonly loadAverage: number | null;
}

/**
 * A load generator whose timers are later than this once in a hundred times shares its lateness with
 * what it measures.
 */
const timersLateLimitMs = 5;
/** A sweep by itself keeps about one process per processor waiting; this many times that is others' work. */
const ownLoadPerCore = 2;

/**
 * Takes the worst pass for timers, since one late pass is enough to raise a mean over all of
 * them.
 */
export function disturbanceOf(
  { environment, options }: Pick<Results, "environment" | "options">,
  passes: readonly Pass[],
): Disturbance {
  const { cores, loadBefore, loadAfter } = environment;
  const samples = passes.reduce((sum, pass) => sum + pass.samples.length, 0);
  const paused = passes.reduce((sum, { noise }) => sum + noise.maxMs * options.clients, 0);
  const busy = loadBefore > cores || loadAfter > ownLoadPerCore * cores;
  return {
    timersLateMs: Math.max(0, ...passes.map(({ noise }) => noise.p99Ms)),
    pauseMs: samples === 0 ? 0 : paused / samples,
    loadAverage: busy ? Math.max(loadBefore, loadAfter) : null,
  };
}

/** True where the machine was too busy for its times to be trusted at all. */
export const isDisturbed = ({ timersLateMs, loadAverage }: Disturbance): boolean =>
  timersLateMs > timersLateLimitMs || loadAverage !== null;

/** By how much a mean may be too high: on a disturbed machine by anything. */
export const raisedMs = (disturbance: Disturbance): number =>
  isDisturbed(disturbance) ? Number.POSITIVE_INFINITY : disturbance.pauseMs;

/** By how much it probably is, where that makes another promise look kept. */
export const helpedMs = (disturbance: Disturbance): number =>
  isDisturbed(disturbance) ? Math.max(disturbance.timersLateMs, disturbance.pauseMs) : 0;

/** A promise that a quantity is at most 0. */
export interface Claim {
  /** Of the measured quantity, 95 %; undefined: too little was measured for one. */
  readonly interval: Interval | undefined;
  /** The machine may have made the quantity this much larger than the store did, */
  readonly raisedMs: number;
  /** or this much smaller. */
  readonly loweredMs: number;
}

/** The interval of so few samples is too narrow to be believed. */
const samplesMin = 10;

/** The interval, unless it rests on too few samples. */
export const trusted = (
  interval: Interval | undefined,
  { samples }: Pick<Measurement, "samples">,
): Interval | undefined => (samples < samplesMin ? undefined : interval);

/**
 * Passes or fails only with the whole interval, after the machine's part is allowed for.
 */
export function judge({ interval, raisedMs: raised, loweredMs: lowered }: Claim): VerdictState {
  if (interval === undefined) return "inconclusive";
  if (interval.highMs + lowered <= 0) return "passed";
  return interval.lowMs - raised > 0 ? "failed" : "inconclusive";
}

/** On a fault that an overloaded machine causes in any store. */
export const judgeFault = (disturbance: Disturbance): VerdictState =>
  isDisturbed(disturbance) ? "inconclusive" : "failed";

/** Of several states the one that a summary must show. */
export function worst(states: readonly VerdictState[]): VerdictState {
  if (states.includes("failed")) return "failed";
  return states.includes("inconclusive") ? "inconclusive" : "passed";
}

/** Where something was measured. */
export interface Measurement {
  readonly samples: number;
  readonly disturbance: Disturbance;
}

/** Why something is inconclusive, and what to do about it. */
export function advice(measurements: readonly Measurement[]): string {
  const disturbances = measurements.map(({ disturbance }) => disturbance);
  const late = Math.max(0, ...disturbances.map(({ timersLateMs }) => timersLateMs));
  const loads = disturbances.flatMap(({ loadAverage }) => loadAverage ?? []);
  const signs = [
    ...(late > timersLateLimitMs ? [`timers up to ${late.toFixed(1)} ms late at p99`] : []),
    ...(loads.length > 0 ? [`load average ${Math.max(...loads).toFixed(1)}`] : []),
  ];
  if (signs.length > 0) {
    return `the machine was busy (${signs.join(", ")}); repeat when it is idle`;
  }
  const few = measurements.some(({ samples }) => samples < samplesMin);
  return `${few ? "there were too few writes to tell" : "chance can explain it"}; repeat with more writes or rounds`;
}
