import { expect, test } from "vitest";
import { markOf, shapePath } from "./followers.ts";
import { diffLines } from "./line-diff.ts";
import { Ring } from "./ring.ts";
import { niceCeiling, robustTop, ticksUpTo } from "./scale.ts";
import { predict } from "./theory.ts";
import {
  axisDuration,
  clamp,
  count,
  duration,
  inWords,
  longDuration,
  plural,
  rate,
} from "./units.ts";

test("a ring keeps the newest items in order and hands back what had to go", () => {
  const ring = new Ring<number>(3);
  const gone = [1, 2, 3, 4, 5].map((item) => ring.push(item));
  expect(gone).toEqual([undefined, undefined, undefined, 1, 2]);
  expect([...ring]).toEqual([3, 4, 5]);
  expect(ring.newest(2)).toEqual([5, 4]);
  expect([ring.at(0), ring.at(-1), ring.at(3), ring.at(-4)]).toEqual([3, 5, undefined, undefined]);
});

test("durations have a unit and about three digits", () => {
  const shown = [0.421, 8.31, 502.7, 9999, 12_400, 600_000].map(duration);
  expect(shown).toEqual(["0.42 ms", "8.3 ms", "503 ms", "9\u202f999 ms", "12.4 s", "10 min"]);
  expect([200, 89_000, 3_600_000, 90_000_000].map(longDuration)).toEqual([
    "0 s",
    "89 s",
    "60 min",
    "25 h",
  ]);
});

test("counts, rates and lists read as people write them", () => {
  expect(count(1_234_567)).toBe("1\u202f234\u202f567");
  expect([rate(0.5), rate(3), rate(120)]).toEqual(["0.5/s", "3/s", "120/s"]);
  expect([plural(1, "ack"), plural(2, "entry", "entries")]).toEqual(["1 ack", "2 entries"]);
  expect([inWords([]), inWords(["a"]), inWords(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
});

test("axes end at round numbers that hold what they show", () => {
  expect([0, 7, 503, 997, 1000, 1001].map(niceCeiling)).toEqual([1, 7, 600, 1000, 1000, 1200]);
  expect(ticksUpTo(1000, 4)).toEqual([0, 250, 500, 750, 1000]);
  expect(ticksUpTo(8, 4)).toEqual([0, 2, 4, 6, 8]);
});

test("no two of twelve nodes share both colour and shape", () => {
  const marks = Array.from({ length: 12 }, (_, index) => markOf(index));
  expect(new Set(marks.map(({ colour, shape }) => `${colour} ${shape}`)).size).toBe(12);
  expect(new Set(marks.map(({ shape }) => shapePath(shape, 5))).size).toBe(6);
});

test("a line diff keeps what is common and shows both sides of what is not", () => {
  const diff = diffLines("{\na\nb\nc\n}", "{\na\nx\nc\nd\n}");
  expect(diff.map(({ side, text }) => `${side} ${text}`)).toEqual([
    "both {",
    "both a",
    "left b",
    "right x",
    "both c",
    "right d",
    "both }",
  ]);
  expect(diffLines("same", "same")).toEqual([{ side: "both", text: "same" }]);
});

test("a diff of thousands of lines is shown as replaced, at once", () => {
  const lines = (word: string) =>
    Array.from({ length: 2000 }, (_, at) => `${word}${at}`).join("\n");
  expect(diffLines(lines("a"), lines("b"))).toHaveLength(4000);
});

test("theory knows each follower's own delay, and nothing beyond the followers there are", () => {
  const settings = { writeQuorum: 1, minDelay: 0, maxDelay: 1000, followerDelays: {} };
  const ids = ["follower1", "follower2", "follower3", "follower4", "follower5"];
  expect(predict(settings, ids, 3)?.meanMs).toBeCloseTo(500, 6);
  const slow = { follower1: { minDelayMs: 5000, maxDelayMs: 5000 } };
  expect(predict({ ...settings, followerDelays: slow }, ids, 5)?.meanMs).toBeCloseTo(5000, 6);
  expect(predict(settings, ids, 6)).toBeUndefined();
});

test("one value far above the others does not set the axis; many do", () => {
  const fast = Array.from({ length: 30 }, (_, number) => 20 + number / 3);
  expect(robustTop([...fast, 16_000], 1)).toBeLessThan(31);
  expect(robustTop([...fast, 16_000], 100)).toBe(100);
  expect(robustTop([...fast, 16_000, 16_000, 16_000, 16_000], 1)).toBe(16_000);
  expect(robustTop([5, 16_000], 1)).toBe(16_000);
  expect(robustTop([], 7)).toBe(7);
});

test("a long key keeps its beginning and its end", () => {
  expect(clamp("short")).toBe("short");
  expect(clamp(`long/${"x".repeat(900)}/end`)).toHaveLength(48);
  expect(clamp(`long/${"x".repeat(900)}/end`)).toMatch(/^long\/x+…x+\/end$/);
});

test("an axis and a text write the same duration alike", () => {
  expect([0, 0.5, 2.5, 5, 250, 1500, 20_000].map(axisDuration)).toEqual([
    "0 ms",
    "0.50 ms",
    "2.5 ms",
    "5 ms",
    "250 ms",
    "1\u202f500 ms",
    "20 s",
  ]);
});
