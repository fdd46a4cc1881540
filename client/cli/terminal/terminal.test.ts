import fc from "fast-check";
import { expect, test } from "vitest";
import { barOf } from "./progress.ts";
import { tableOf } from "./table.ts";
import { timelineOf } from "./timeline.ts";
import { escapedJson, visible } from "./visible.ts";

const plain = (_ink: string, text: string) => text;
const text = fc.string({ unit: "binary" });
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const hidden = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

test("no control character of a cell reaches a terminal, nor does one add a row", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (rows) => {
      const table = tableOf(["A", "B"], rows, plain);
      expect(table).not.toMatch(hidden);
      expect(table.split("\n")).toHaveLength(rows.length + 1);
    }),
  );
});

test("escaped JSON is the same JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, more) => {
      const json = JSON.stringify([value, more], null, 1);
      expect(escapedJson(json)).not.toMatch(hidden);
      expect(JSON.parse(escapedJson(json))).toEqual(JSON.parse(json));
    }),
  );
});

test("what is shown of a control character says which", () => {
  expect(visible("a\u001b[31m\u202eb")).toBe("a\\u001b[31m\\u202eb");
});

test("the timeline has a line for each ack, in order, and marks those that counted", () => {
  const acks = [
    { node: "b", ms: 10, delayMs: 5 },
    { node: "a", ms: 20, delayMs: 0 },
    { node: "c", ms: 40, delayMs: 40 },
  ];
  const shown = timelineOf({ version: 1, quorum: 2, acks, latencyMs: 20 }, plain);
  expect(shown.split("\n")).toEqual([
    "b       ·····━━━━━●  10.0 ms",
    `a       ${"━".repeat(20)}●  20.0 ms`,
    `c       ${"·".repeat(40)}○  40.0 ms`,
    "settled by 2 of them and the leader after 20.0 ms",
  ]);
});

test("the bar fills up", () => {
  expect(barOf("import", 0, 10)).toBe(`import  ${"░".repeat(30)}  0 %  0/10`);
  expect(barOf("import", 5, 10)).toContain(`${"█".repeat(15)}${"░".repeat(15)}  50 %`);
  expect(barOf("import", 10, 10)).toBe(`import  ${"█".repeat(30)}  100 %  10/10`);
  expect(barOf("export", 10, undefined)).toBe("export  10");
});
