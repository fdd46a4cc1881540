import { expect, test } from "vitest";
import { PacedLog, pacedLinesMax } from "./paced-log.ts";

function create() {
  const clock = { now: 0 };
  const lines: [string, object, string][] = [];
  const level = (name: string) => (fields: object, message: string) => {
    lines.push([name, fields, message]);
  };
  const log = {
    debug: level("debug"),
    info: level("info"),
    warn: level("warn"),
    error: level("error"),
  };
  return { clock, lines, paced: new PacedLog(log, () => clock.now) };
}

test("the same line is written once a minute, and says how often it was left out", () => {
  const { clock, lines, paced } = create();
  for (clock.now = 0; clock.now < 60_000; clock.now += 1000)
    paced.warn("a", { port: 1 }, "refused");
  expect(lines).toEqual([["warn", { port: 1 }, "refused"]]);
  paced.warn("a", { port: 2 }, "refused");
  expect(lines.slice(1)).toEqual([
    ["warn", { port: 2, same: 59 }, "refused (not written since: 59 more of the same)"],
  ]);
  paced.error("b", {}, "failed");
  expect(lines.at(-1)).toEqual(["error", {}, "failed"]);
});

test("what is over is news when it comes again", () => {
  const { lines, paced } = create();
  const cause = () => ["a: one", "a: two", "b: one"].map((about) => paced.info(about, {}, about));
  cause();
  paced.forget("a: ");
  cause();
  expect(lines.map(([, , message]) => message)).toEqual([
    ...["a: one", "a: two", "b: one"],
    ...["a: one", "a: two"],
  ]);
});

test("however many different lines are caused, few are written and remembered, and all are counted", () => {
  const { clock, lines, paced } = create();
  const caused = 100_000;
  for (let number = 0; number < caused; number++) {
    clock.now += 2;
    paced.warn(`stranger ${number % 5000}`, { number }, "refused");
    expect(paced.size).toBeLessThanOrEqual(2 * pacedLinesMax);
  }
  const minutes = Math.ceil((2 * caused) / 60_000);
  expect(lines.length).toBeLessThanOrEqual(minutes * pacedLinesMax);
  expect(lines.length).toBeGreaterThan(pacedLinesMax);
  // A minute of silence later, one more line tells of all that were left out.
  clock.now += 120_000;
  paced.warn("the last one", {}, "refused");
  const counted = lines.reduce((sum, [, fields]) => {
    const { same = 0, others = 0 } = fields as { same?: number; others?: number };
    return sum + 1 + same + others;
  }, 0);
  expect(counted).toBe(caused + 1);
});
