import { describe, expect, test } from "vitest";
import { judge, type Sample } from "./judge.ts";

const samples = (minutes: number, mebibytesAt: (minute: number) => number): Sample[] =>
  Array.from({ length: minutes * 6 }, (_, index) => ({
    minutes: index / 6,
    mebibytes: mebibytesAt(index / 6),
  }));
/** A heap that fills and is collected again. */
const breath = (minute: number): number => 15 * ((minute * 1.7) % 1);

describe("memory", () => {
  test("that rises at first and then breathes levels off", () => {
    const verdict = judge(
      samples(60, (minute) => 80 + Math.min(70, minute * 10) + breath(minute)),
      0.25,
    );
    expect(verdict.levelsOff).toBe(true);
    expect(Math.abs(verdict.mebibytesPerMinute)).toBeLessThan(0.1);
  });

  test.each([0.5, 1, 2])("that rises by %d MiB a minute all the while does not", (rise) => {
    const verdict = judge(
      samples(60, (minute) => 150 + rise * minute + breath(minute)),
      0.25,
    );
    expect(verdict.levelsOff).toBe(false);
    expect(verdict.mebibytesPerMinute).toBeCloseTo(rise, 0);
  });

  test("that shrinks levels off", () => {
    expect(
      judge(
        samples(20, (minute) => 200 - minute),
        0.25,
      ).levelsOff,
    ).toBe(true);
  });
});
