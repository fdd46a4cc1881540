/** Axes that end and are divided at round numbers, and that outliers do not stretch. */

/** Mantissas of a round step. */
const steps = [1, 2, 2.5, 5, 10] as const;

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * (steps.find((step) => rough <= step * power * 1.0001) ?? 10);
}

/** The round number at or above a value; 1 for 0 and below. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const step = roundStep(value / 8);
  return Math.ceil(value / step - 1e-9) * step;
}

/** A value above so many times the upper quartile is an outlier. */
const fence = 4;
/** Where more than this share lies above, the values are spread out rather than outliers. */
const outliersShareMax = 0.1;
/** Fewer values have no quartile worth the name. */
const valuesMin = 4;

/**
 * The top of an axis that a few extreme values do not stretch: one write of 16 s among a hundred of
 * 25 ms would leave the others unreadable. Charts draw the values above at the edge and count them.
 * The result is at least `least`.
 */
export function robustTop(values: readonly number[], least: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const highest = sorted.at(-1) ?? 0;
  if (sorted.length < valuesMin) return Math.max(least, highest);
  const quartile = sorted[Math.floor(0.75 * (sorted.length - 1))] ?? highest;
  const limit = Math.max(least, fence * quartile);
  const inside = sorted.findLastIndex((value) => value <= limit);
  const outliers = sorted.length - 1 - inside;
  if (outliers > Math.max(1, outliersShareMax * sorted.length)) return Math.max(least, highest);
  return Math.max(least, sorted[inside] ?? highest);
}

/** 0, step, 2·step … up to `top`, about `wanted` steps. */
export function ticksUpTo(top: number, wanted: number): number[] {
  const step = roundStep(top / wanted);
  const found: number[] = [];
  for (let place = 0; place * step <= top * 1.0001; place++) found.push(place * step);
  return found;
}
