/** Round numbers for axes. */

const steps = [1, 2, 2.5, 5, 10] as const;

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * (steps.find((step) => rough <= step * power * 1.0001) ?? 10);
}

/** The round number at or above a value. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const step = roundStep(value / 8);
  return Math.ceil(value / step - 1e-9) * step;
}

/** 0, step, 2·step … up to `top`, about `wanted` steps. */
export function ticksUpTo(top: number, wanted: number): number[] {
  const step = roundStep(top / wanted);
  const found: number[] = [];
  for (let place = 0; place * step <= top * 1.0001; place++) found.push(place * step);
  return found;
}
