import { expect, test } from "vitest";
import { createSteadiness } from "./steadiness.ts";

/** Milliseconds until a cost that depends on time counts as steady; undefined: not within the limit. */
function steadyAfter(costAt: (ms: number) => number, everyMs = 10, limitMs = 20_000) {
  const steadiness = createSteadiness(1000);
  for (let ms = everyMs; ms <= limitMs; ms += everyMs) {
    if (steadiness.observe({ costMs: costAt(ms), now: 1000 + ms })) return ms;
  }
  return undefined;
}

test("a cost that is steady from the start is seen to be so within two seconds", () => {
  expect(steadyAfter(() => 2.5)).toBeLessThanOrEqual(2000);
});

test("a cost that falls for six seconds is not called steady before", () => {
  expect(steadyAfter((ms) => Math.max(2, 8 - ms / 1000))).toBeGreaterThan(6000);
});

test("single slow writes do not matter, since medians are compared", () => {
  expect(steadyAfter((ms) => (ms % 100 === 0 ? 90 : 2))).toBeLessThanOrEqual(2000);
});

test("slow clients make windows longer, not emptier", () => {
  expect(steadyAfter(() => 3, 200)).toBeGreaterThanOrEqual(4 * 10 * 200);
});
