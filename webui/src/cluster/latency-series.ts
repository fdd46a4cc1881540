/** What the latency chart draws: the writes of the last minute, and the theory for the settings in force. */
import type uPlot from "uplot";
import type { Prediction } from "../../../simulation/theory/index.ts";
import { robustTop } from "../lib/scale.ts";
import { predict } from "../lib/theory.ts";
import { duration } from "../lib/units.ts";
import {
  config,
  connection,
  leaderNow,
  liveFollowers,
  model,
  quorumInForce,
} from "../state/live.ts";
import type { WriteTrace } from "../state/traces.ts";

/** Width of the time axis. */
export const shownMs = 60_000;

export interface Shown {
  /** x is seconds before now; then writes, p50, p95, theory mean, p95 and p5, writes above the axis. */
  readonly data: uPlot.AlignedData;
  /** The settled writes of the last minute, oldest first. */
  readonly writes: readonly WriteTrace[];
  /** Top of the axis; writes above it are drawn at its edge. */
  readonly topMs: number;
  /** Latencies of the writes above the axis. */
  readonly aboveMs: readonly number[];
}

/** Undefined where the settings cannot be known, or the quorum is out of reach. */
export function theoryInForce(): Prediction | undefined {
  const settings = config.value;
  const quorum = quorumInForce.value;
  if (settings === undefined || quorum === undefined || connection.value === "leader down") {
    return undefined;
  }
  const live = liveFollowers.value.map(({ id }) => id);
  return predict(settings, live, quorum);
}

/** The hint of the chart. */
export function theoryInWords(theory: Prediction | undefined): string {
  if (theory === undefined && connection.value === "leader down") {
    return "Points are writes; no theory while the leader does not answer";
  }
  if (theory === undefined) return "Points are writes; no theory while the quorum is out of reach";
  if (theory.highestMs === 0) return "Points are writes; without simulated delays theory is 0 ms";
  return `Theory for quorum ${theory.quorum}: mean ${duration(theory.meanMs)}, nine in ten between ${duration(theory.p5Ms)} and ${duration(theory.p95Ms)}`;
}

/** Writes above the axis are drawn at this multiple of its top. */
const edge = 1.06;

/** Reads the model as it is now. */
export function collect(theory: Prediction | undefined): Shown {
  const now = leaderNow();
  const writes = [...model.traces.ring].filter(
    ({ at, latencyMs }) => latencyMs !== undefined && now - at < shownMs,
  );
  const points = writes.map((trace) => ({
    at: trace.at + (trace.latencyMs ?? 0),
    ms: trace.latencyMs ?? null,
    p50: trace.runningP50Ms ?? null,
    p95: trace.runningP95Ms ?? null,
  }));
  // A second with too many writes to report each of them is drawn by its own figures.
  const seconds = [...model.rates]
    .filter(({ at, unshown }) => unshown > 0 && now - at < shownMs)
    .map(({ at, p50, p95 }) => ({ at, ms: null, p50, p95 }));
  const all = [...points, ...seconds].sort((a, b) => a.at - b.at);
  // Theory is drawn from edge to edge, whether or not there are writes.
  const blank = { ms: null, p50: null, p95: null };
  const rows = [{ at: now - shownMs, ...blank }, ...all, { at: now, ...blank }];
  const level = (value: number | undefined) => rows.map(() => value ?? null);
  const times = all.flatMap(({ ms, p95 }) => ms ?? (ms === null ? p95 : null) ?? []);
  const topMs = robustTop(times, Math.max(theory?.p95Ms ?? 0, 1));
  const isAbove = (ms: number | null): ms is number => ms !== null && ms > topMs;
  return {
    writes,
    topMs,
    aboveMs: times.filter(isAbove),
    data: [
      rows.map(({ at }) => (at - now) / 1000),
      rows.map(({ ms }) => (isAbove(ms) ? null : ms)),
      rows.map(({ p50 }) => p50),
      rows.map(({ p95 }) => p95),
      level(theory?.meanMs),
      level(theory?.p95Ms),
      level(theory?.p5Ms),
      rows.map(({ ms }) => (isAbove(ms) ? topMs * edge : null)),
    ],
  };
}
