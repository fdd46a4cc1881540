import { expect, test } from "vitest";
import { Timeline } from "./timeline.ts";

test("tells how old an entry is, to a few milliseconds", () => {
  const timeline = new Timeline();
  for (let at = 0; at < 1_000; at += 1) timeline.note(at + 1, at);
  for (const sequence of [1, 500, 1_000])
    expect(Math.abs(timeline.ageMs(sequence, 2_000) - (2_001 - sequence))).toBeLessThan(6);
});

test("of entries older than it remembers it tells the age of the oldest known", () => {
  const timeline = new Timeline();
  expect(timeline.ageMs(1, 100)).toBe(0);
  for (let at = 1; at <= 40_000; at += 1) timeline.note(at, at * 10);
  const ageMs = timeline.ageMs(1, 400_000);
  expect(ageMs).toBeGreaterThan(80_000);
  expect(ageMs).toBeLessThan(400_000);
});
