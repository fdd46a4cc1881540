import { expect, test } from "vitest";
import { syntheticResults } from "../../test/simulation/synthetic.ts";
import type { ProgressEvent } from "../sweep/progress.ts";
import { createInk } from "./paint.ts";
import { createProgress, type ProgressStyle } from "./progress.ts";

const results = syntheticResults({ quorums: [3] });
const events: readonly ProgressEvent[] = [
  { type: "plan", passes: [{ quorum: 3, round: 1 }], writesTotal: 100 },
  { type: "stage", stage: "loading", quorum: 3, round: 1, theoryMs: 500 },
  {
    type: "write",
    quorum: 3,
    round: 1,
    latencyMs: 480,
    writesDone: 40,
    writesTotal: 100,
    meanMs: 498.2,
    theoryMs: 500,
    secondsLeft: 12,
  },
  { type: "passed", quorum: 3, results },
];

function shown(style: ProgressStyle, isTTY: boolean): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const listener = createProgress(style, { isTTY, columns: 200, write }, createInk(false).paint);
  for (const event of events) listener(event);
  return text;
}

test("a terminal sees quorum, writes done, the mean against theory and the time left", () => {
  expect(shown("auto", true)).toContain(
    "quorum 3  40/100 writes  mean 498 ms (theory 500 ms)  about 12 s left",
  );
});

test("a log gets one line for each pass", () => {
  expect(shown("auto", false)).toMatch(
    /^quorum 3 {2}100 writes {2}mean \d+ ms \(theory 500 ms\).*\n$/,
  );
});

test("a program gets one JSON object for each event", () => {
  const lines = shown("json", false)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual(["plan", "stage", "write", "quorum"]);
  expect(lines[3].result).toMatchObject({ quorum: 3, samples: 100, theoryMs: 500, errors: 0 });
});

test("nothing is nothing", () => {
  expect(shown("none", true)).toBe("");
});
