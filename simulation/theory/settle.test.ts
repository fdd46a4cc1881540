import { expect, test } from "vitest";
import { drawnDelay } from "../../test/simulation/synthetic.ts";
import { seededRandom } from "../statistics/random.ts";
import { type DelayRange, delayCdf } from "./delay.ts";
import { atLeast } from "./poisson-binomial.ts";
import {
  equalFollowers,
  kthSmallest,
  meanBand,
  predictSettle,
  type SettleModel,
  settleCdf,
} from "./settle.ts";

const unit: DelayRange = { minDelayMs: 0, maxDelayMs: 1 };
const lab: DelayRange = { minDelayMs: 0, maxDelayMs: 1000 };

test("equal chances give the binomial distribution", () => {
  // Sums of C(5, j) / 32.
  for (const [wanted, ways] of [32, 31, 26, 16, 6, 1].entries())
    expect(atLeast([0.5, 0.5, 0.5, 0.5, 0.5], wanted)).toBe(ways / 32);
});

test("unequal chances give the Poisson-binomial distribution, worked by hand", () => {
  // 0.504, 0.398, 0.092 and 0.006 for exactly none, one, two and three.
  for (const [wanted, expected] of [1, 0.496, 0.098, 0.006, 0].entries())
    expect(atLeast([0.1, 0.2, 0.3], wanted)).toBeCloseTo(expected, 12);
  expect(atLeast([0.1, 0.2, 0.3], 0)).toBe(1);
});

test("the lab's five means are k/6 of the range, and so are those of any equal delays", () => {
  for (let quorum = 1; quorum <= 5; quorum += 1) {
    const followers = equalFollowers(5, lab);
    expect(predictSettle({ followers, quorum }).meanMs).toBeCloseTo((1000 * quorum) / 6, 9);
  }
  const followers = equalFollowers(7, { minDelayMs: 20, maxDelayMs: 60 });
  expect(predictSettle({ followers, quorum: 3 }).meanMs).toBeCloseTo(20 + (40 * 3) / 8, 9);
});

test("spread agrees with the tabled variance of uniform order statistics", () => {
  for (let quorum = 1; quorum <= 5; quorum += 1) {
    const model = { followers: equalFollowers(5, unit), quorum };
    const variance = (quorum * (6 - quorum)) / (6 * 6 * 7);
    expect(predictSettle(model).standardDeviationMs ** 2).toBeCloseTo(variance, 12);
  }
});

test("quantiles agree with published ones of the beta distribution", () => {
  // The k-th of n uniforms is Beta(k, n + 1 - k); values as R's qbeta prints them.
  const table = [
    { quorum: 1, share: "p50Ms", value: 0.1294494 },
    { quorum: 2, share: "p50Ms", value: 0.3138102 },
    { quorum: 3, share: "p5Ms", value: 0.1892554 },
    { quorum: 3, share: "p50Ms", value: 0.5 },
    { quorum: 3, share: "p95Ms", value: 0.8107446 },
    { quorum: 5, share: "p5Ms", value: 0.5492803 },
    { quorum: 5, share: "p95Ms", value: 0.9897938 },
  ] as const;
  for (const { quorum, share, value } of table) {
    const model = { followers: equalFollowers(5, unit), quorum };
    expect(predictSettle(model)[share]).toBeCloseTo(value, 6);
  }
});

test("unequal delays agree with 400,000 simulated writes", () => {
  const followers = [
    { minDelayMs: 0, maxDelayMs: 100 },
    { minDelayMs: 50, maxDelayMs: 60 },
    { minDelayMs: 300, maxDelayMs: 300 },
    { minDelayMs: 0, maxDelayMs: 1000 },
    { minDelayMs: 20, maxDelayMs: 400 },
  ];
  const random = seededRandom(7);
  const rounds = 400_000;
  const sums = [0, 0, 0, 0, 0];
  let settledBy60 = 0;
  for (let round = 0; round < rounds; round += 1) {
    const delays = followers.map((delay) => drawnDelay(delay, random));
    delays.sort((a, b) => a - b);
    for (let rank = 0; rank < 5; rank += 1) sums[rank] = (sums[rank] ?? 0) + (delays[rank] ?? 0);
    if ((delays[1] ?? 0) <= 60) settledBy60 += 1;
  }
  for (let quorum = 1; quorum <= 5; quorum += 1) {
    const { meanMs, standardDeviationMs } = predictSettle({ followers, quorum });
    const error = Math.abs((sums[quorum - 1] ?? 0) / rounds - meanMs);
    expect(error).toBeLessThan((5 * standardDeviationMs) / Math.sqrt(rounds));
  }
  expect(settledBy60 / rounds).toBeCloseTo(settleCdf({ followers, quorum: 2 }, 60), 2);
});

test("a fixed delay settles at exactly that time", () => {
  const model: SettleModel = {
    followers: equalFollowers(3, { minDelayMs: 40, maxDelayMs: 40 }),
    quorum: 2,
  };
  const prediction = predictSettle(model);
  expect(prediction).toMatchObject({ meanMs: 40, standardDeviationMs: 0, p5Ms: 40, p95Ms: 40 });
  expect(settleCdf(model, 39.9)).toBe(0);
  expect(settleCdf(model, 40)).toBe(1);
});

test("a quorum of none settles at once, and one beyond the followers is refused", () => {
  const followers = equalFollowers(5, lab);
  expect(predictSettle({ followers, quorum: 0 })).toMatchObject({ meanMs: 0, p95Ms: 0 });
  expect(() => predictSettle({ followers, quorum: 6 })).toThrow(RangeError);
});

test("quantile and distribution are each other's inverse", () => {
  const followers = [lab, { minDelayMs: 100, maxDelayMs: 250 }, { minDelayMs: 5, maxDelayMs: 700 }];
  for (const quorum of [1, 2, 3]) {
    const model = { followers, quorum };
    const { p5Ms, p50Ms, p90Ms, p95Ms } = predictSettle(model);
    for (const [share, atMs] of [
      [0.05, p5Ms],
      [0.5, p50Ms],
      [0.9, p90Ms],
      [0.95, p95Ms],
    ] as const)
      expect(settleCdf(model, atMs)).toBeCloseTo(share, 9);
  }
});

test("small pieces: delays, ranks and the band of a mean", () => {
  expect(delayCdf(lab, 250)).toBe(0.25);
  expect(kthSmallest([30, 10, 20], 2)).toBe(20);
  expect(kthSmallest([30, 10, 20], 0)).toBe(0);
  const { lowMs, highMs } = meanBand(predictSettle({ followers: [lab], quorum: 1 }), 100);
  // A 100-sample mean of U(0, 1000): 500 plus or minus 1.96 * 288.675 / 10.
  expect(highMs - lowMs).toBeCloseTo(2 * 56.58, 2);
});
