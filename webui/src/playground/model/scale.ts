/**
 * Where an instant stands on a time axis. Virtual time is uneven: a write takes 3 ms, the next heartbeat
 * comes 100 ms later. Short waits are drawn to scale, long ones shorter, so that both can be seen.
 */

/** A wait that is drawn shorter than it was. */
interface Shortened {
  readonly fromAt: number;
  readonly toAt: number;
}

export interface TimeScale {
  /** Of the whole axis, in units. A unit is 1 ms where nothing is shortened. */
  readonly length: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly shortened: readonly Shortened[];
  /** Never falls; instants outside are moved to the nearest end. */
  unitsAt(at: number): number;
  /** The inverse of `unitsAt`. */
  atUnits(units: number): number;
}

/** Waits up to here are drawn to scale. */
const faithfulMs = 4;

/** Units for a wait. Grows with the wait, however long. */
const unitsOf = (waitMs: number): number =>
  waitMs <= faithfulMs ? waitMs : faithfulMs + 1.5 * Math.log2(waitMs / faithfulMs);

/** `instants`: of the events that the axis shows, ascending. */
export function scaleOf(instants: readonly number[]): TimeScale {
  const ats: number[] = [];
  const units: number[] = [];
  const shortened: Shortened[] = [];
  for (const at of instants.length === 0 ? [0] : instants) {
    const before = ats.at(-1);
    if (before === at) continue;
    if (before !== undefined && at - before > faithfulMs)
      shortened.push({ fromAt: before, toAt: at });
    units.push(before === undefined ? 0 : (units.at(-1) ?? 0) + unitsOf(at - before));
    ats.push(at);
  }
  return {
    length: units.at(-1) ?? 0,
    firstAt: ats[0] ?? 0,
    lastAt: ats.at(-1) ?? 0,
    shortened,
    unitsAt: (at) => between(ats, units, at),
    atUnits: (unit) => between(units, ats, unit),
  };
}

/** The value at `x` of the line through the points; both lists ascend. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const after = firstAbove(xs, x);
  const [x0, y0] = [xs[after - 1], ys[after - 1]];
  const [x1, y1] = [xs[after], ys[after]];
  if (x0 === undefined || y0 === undefined) return ys[0] ?? 0;
  if (x1 === undefined || y1 === undefined) return y0;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/** The place of the first value above `x` in a list that ascends; its length where there is none. */
export function firstAbove(values: readonly number[], x: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
