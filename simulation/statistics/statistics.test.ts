import fc from "fast-check";
import { expect, test } from "vitest";
import { meanInterval } from "./bootstrap.ts";
import { mean, quantile, standardDeviation, summarize } from "./describe.ts";
import { distributionGap, ecdf, gapLimit } from "./ecdf.ts";
import { seededRandom, shuffled } from "./random.ts";

const alternating = (first: number, rest: readonly [number, number]): number[] => [
  first,
  ...Array.from({ length: 1000 }, (_, index) => rest[index % 2 === 0 ? 0 : 1]),
];

test("mean and spread meet NIST's certified values for NumAcc3 and NumAcc4", () => {
  const third = alternating(1_000_000.2, [1_000_000.1, 1_000_000.3]);
  expect(mean(third)).toBeCloseTo(1_000_000.2, 8);
  expect(standardDeviation(third)).toBeCloseTo(0.1, 9);
  const fourth = alternating(10_000_000.2, [10_000_000.1, 10_000_000.3]);
  expect(mean(fourth)).toBeCloseTo(10_000_000.2, 7);
  expect(standardDeviation(fourth)).toBeCloseTo(0.1, 7);
});

test("quantiles are those of R's default", () => {
  // quantile(c(15, 20, 35, 40, 50), c(.05, .3, .4, .5, 1)) in R.
  const values = [35, 20, 15, 50, 40];
  const expected: [number, number][] = [
    [0.05, 16],
    [0.3, 23],
    [0.4, 29],
    [0.5, 35],
    [1, 50],
  ];
  for (const [share, value] of expected) expect(quantile(values, share)).toBeCloseTo(value, 12);
  expect(quantile([], 0.5)).toBeNaN();
});

test("p99 is kept back until a thousand samples carry it", () => {
  const values = Array.from({ length: 1000 }, (_, index) => index);
  expect(summarize(values.slice(1))?.p99Ms).toBeNull();
  expect(summarize(values)?.p99Ms).toBeCloseTo(989.01, 9);
  expect(summarize([])).toBeUndefined();
});

test("a summary's figures are in order for whatever samples", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
      (values) => {
        const summary = summarize(values);
        if (summary === undefined) throw new Error("samples were given");
        const { minMs, p50Ms, p90Ms, p95Ms, maxMs, meanMs } = summary;
        const order = [minMs, p50Ms, p90Ms, p95Ms, maxMs];
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        expect(meanMs).toBeGreaterThanOrEqual(minMs - 1e-6);
        expect(meanMs).toBeLessThanOrEqual(maxMs + 1e-6);
      },
    ),
  );
});

test("the interval of a mean holds the true one in about 95 of 100 runs", () => {
  const random = seededRandom(2026);
  let held = 0;
  for (let run = 0; run < 400; run += 1) {
    const values = Array.from({ length: 60 }, () => random() * 1000);
    const interval = meanInterval(values, { seed: run, resamples: 400 });
    if (interval !== undefined && interval.lowMs <= 500 && interval.highMs >= 500) held += 1;
  }
  expect(held / 400).toBeGreaterThan(0.91);
  expect(held / 400).toBeLessThan(0.98);
});

test("a hundred third acks of 0..1000 ms give a mean within about 37 ms either way", () => {
  const random = seededRandom(3);
  const third = () => Array.from({ length: 5 }, random).toSorted((a, b) => a - b)[2] ?? 0;
  const values = Array.from({ length: 100 }, () => third() * 1000);
  const interval = meanInterval(values, { seed: 1 });
  const half = ((interval?.highMs ?? 0) - (interval?.lowMs ?? 0)) / 2;
  expect(half).toBeGreaterThan(28);
  expect(half).toBeLessThan(45);
});

test("one seed gives one interval", () => {
  const values = [1, 5, 2, 8, 3];
  expect(meanInterval(values, { seed: 9 })).toEqual(meanInterval(values, { seed: 9 }));
  expect(meanInterval([1], { seed: 9 })).toBeUndefined();
});

test("many samples take the normal interval", () => {
  const values = Array.from({ length: 6000 }, (_, index) => index % 10);
  const interval = meanInterval(values, { seed: 1 });
  expect(interval?.lowMs).toBeCloseTo(4.5 - (1.96 * 2.8725) / Math.sqrt(6000), 3);
});

test("the empirical distribution steps up by one n-th at each sample", () => {
  expect(ecdf([3, 1])).toEqual([
    { atMs: 1, share: 0.5 },
    { atMs: 3, share: 1 },
  ]);
});

test("uniform samples stay within the gap that theory allows, shifted ones do not", () => {
  const random = seededRandom(11);
  const values = Array.from({ length: 500 }, random);
  expect(distributionGap(values, (at) => at)).toBeLessThan(gapLimit(500));
  expect(distributionGap(values, (at) => Math.min(1, at * 1.3))).toBeGreaterThan(gapLimit(500));
});

test("seeded numbers are even, and shuffling keeps every item", () => {
  const random = seededRandom(1);
  expect(mean(Array.from({ length: 20_000 }, random))).toBeCloseTo(0.5, 2);
  expect(shuffled([1, 2, 3, 4], seededRandom(5))).toEqual(shuffled([1, 2, 3, 4], seededRandom(5)));
  expect(shuffled([1, 2, 3, 4], random).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
});
