import { expect, test } from "vitest";
import { figuresOf } from "./figures.ts";
import type { Rate } from "./model.ts";
import type { WriteTrace } from "./traces.ts";

const now = 1_000_000;
const trace = (ageMs: number, latencyMs: number | undefined): WriteTrace => ({
  sequence: 1,
  at: now - ageMs,
  keys: ["k"],
  kind: "put",
  quorum: 3,
  acks: [],
  outcome: "settled",
  wasUnknown: false,
  latencyMs,
  runningP50Ms: undefined,
  runningP95Ms: undefined,
});
const rate = (ageMs: number, change: Partial<Rate> = {}): Rate => ({
  type: "rate",
  at: now - ageMs,
  writes: 0,
  acks: {},
  p50: null,
  p95: null,
  p99: null,
  refused: {},
  unknown: 0,
  unshown: 0,
  ...change,
});

test("the figures are of the last minute, and p99 needs a hundred writes", () => {
  const traces = [trace(70_000, 9999), trace(10, undefined)];
  for (let number = 1; number <= 99; number++) traces.push(trace(number, number));
  const rates = [rate(500, { writes: 7 })];
  const few = figuresOf({ traces, rates }, now);
  expect(few).toMatchObject({ writesPerSecond: 7, p50Ms: 50, samples: 99, over: "last minute" });
  expect(few.p99Ms).toBeUndefined();
  const enough = figuresOf({ traces: [...traces, trace(5, 100)], rates }, now);
  expect(enough.p99Ms).toBeGreaterThan(98);
});

test("where not every write is shown, the node's own figures count", () => {
  const rates = [
    rate(1500, { writes: 900, p50: 4, p99: 40, unshown: 800 }),
    rate(500, { writes: 0 }),
  ];
  expect(figuresOf({ traces: [trace(10, 1)], rates }, now)).toMatchObject({
    writesPerSecond: 450,
    p50Ms: 4,
    p99Ms: 40,
    samples: 900,
    over: "last second",
  });
});

test("the figures say what they are of, where the page knows less than a minute", () => {
  const crowded = [rate(20_000, { writes: 900, p50: 4, p99: 40, unshown: 800 })];
  const traces = [trace(30_000, 999), trace(1000, 5)];
  const after = figuresOf({ traces, rates: crowded }, now);
  expect(after).toMatchObject({ p50Ms: 5, samples: 1, over: "last 20 s" });
  const many = Array.from({ length: 600 }, (_, number) => trace(6000 - number, 5));
  expect(figuresOf({ traces: many, rates: [] }, now).over).toBe("last 600 writes");
});

test("refused and unknown writes add up over the minute, older ones do not", () => {
  const rates = [
    rate(61_000, { refused: { OVERLOADED: 100 }, unknown: 100 }),
    rate(30_000, { refused: { QUORUM_UNAVAILABLE: 2 }, unknown: 1 }),
    rate(500, { refused: { QUORUM_UNAVAILABLE: 1, OVERLOADED: 1 }, unknown: 1 }),
  ];
  expect(figuresOf({ traces: [], rates }, now)).toMatchObject({
    refused: { QUORUM_UNAVAILABLE: 3, OVERLOADED: 1 },
    unknown: 2,
  });
});

test("writes a second are averaged, so that a few a second do not flicker", () => {
  const writesAt = { 5500: 100, 4500: 0, 3500: 1, 2500: 6, 1500: 3, 500: 0 };
  const rates = Object.entries(writesAt)
    .sort(([one], [other]) => Number(other) - Number(one))
    .map(([ageMs, writes]) => rate(Number(ageMs), { writes }));
  expect(figuresOf({ traces: [], rates }, now).writesPerSecond).toBe(2);
});

test("of a leader that is not heard nothing is claimed", () => {
  const rates = [rate(5000, { writes: 7 })];
  expect(figuresOf({ traces: [], rates }, now).writesPerSecond).toBeUndefined();
});
