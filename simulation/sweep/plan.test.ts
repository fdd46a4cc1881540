import { expect, test } from "vitest";
import { passSizes, planPasses } from "./plan.ts";

const options = { quorums: [1, 3], rounds: 2, seed: 7 };
const short = (order: "sequential" | "interleaved" | "random", seed = 7) =>
  planPasses({ ...options, order, seed }).map(({ quorum, round }) => `${quorum}.${round}`);

test("sequential finishes one quorum before the next, interleaved takes turns", () => {
  expect(short("sequential")).toEqual(["1.1", "1.2", "3.1", "3.2"]);
  expect(short("interleaved")).toEqual(["1.1", "3.1", "1.2", "3.2"]);
});

test("random is the seed's order and leaves nothing out", () => {
  expect(short("random")).toEqual(short("random"));
  expect(short("random").toSorted()).toEqual(short("sequential"));
});

test("a pass makes the writes that were asked for, or as many as the shortest duration takes", () => {
  const lab = { quorums: [1], clients: 10, writes: 10, minDurationMs: 0 };
  // A write takes the delay and 2 ms.
  const writesAt = (delayMs: number, options: Partial<typeof lab> = {}): number =>
    passSizes({ ...lab, ...options }, [{ minDelayMs: delayMs, maxDelayMs: delayMs }])(1).writes;
  expect(writesAt(168)).toBe(10);
  expect(writesAt(168, { minDurationMs: 5000 })).toBe(30);
  expect(writesAt(833, { minDurationMs: 5000 })).toBe(10);
  // Without delays a duration would be thousands of writes.
  expect(writesAt(0, { minDurationMs: 600_000 })).toBe(500);
  expect(writesAt(0, { writes: 1000, minDurationMs: 600_000 })).toBe(1000);
});

test("sizes follow the delays, and a quorum that nobody can serve has none", () => {
  const delay = { minDelayMs: 0, maxDelayMs: 200 };
  const wanted = { quorums: [1, 3], clients: 10, writes: 10, minDurationMs: 1000 };
  const sizeOf = passSizes(wanted, [delay]);
  expect(sizeOf(1).writeMs).toBeCloseTo(102, 6);
  expect(sizeOf(1).writes).toBe(10);
  expect(sizeOf(3)).toEqual({ writeMs: 0, writes: 10 });
});
