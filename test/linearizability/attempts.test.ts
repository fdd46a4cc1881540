import { expect, test } from "vitest";
import { answersOf, callsOf, seenBy } from "../../src/virtual/linearizability/attempts.ts";

const operations = [
  { key: "a", ifVersion: 4, isCheck: true },
  { key: "b", value: "1", ifVersion: 0 },
];
const lost = { invokedAt: 1, outcome: { type: "unknown" } } as const;
const told = (at: number, version = 7) =>
  ({ invokedAt: at, returnedAt: at + 1, outcome: { type: "ok", version } }) as const;

test("attempts that are told one version are one write, from the first to the first answer", () => {
  const span = { invokedAt: 1, returnedAt: 4 };
  expect(answersOf([lost, told(5), told(3)])).toEqual([{ version: 7, ...span }]);
  expect(callsOf(operations, [lost, told(3), told(5)])).toEqual([
    { kind: "put", key: "b", value: "1", ifVersion: 0, ...span, outcome: "ok", version: 7 },
  ]);
});

test("attempts without an answer may have taken effect once, or as often as said", () => {
  const unknown = { kind: "put", key: "b", value: "1", ifVersion: 0, invokedAt: 1 };
  const call = { ...unknown, outcome: "unknown" };
  expect(callsOf(operations, [lost, { ...lost, invokedAt: 2 }])).toEqual([call]);
  expect(callsOf(operations, [lost], 2)).toEqual([call, call]);
  expect(callsOf(operations, [lost, told(3)], 2)).toContainEqual(call);
});

test("a refusal for a condition says what its key was, and others say nothing", () => {
  const refused = { invokedAt: 1, returnedAt: 2, outcome: { type: "refused" } } as const;
  const mismatch = { ...refused, outcome: { type: "mismatch", index: 0, version: 5 } } as const;
  expect(callsOf(operations, [refused])).toEqual([]);
  expect(callsOf(operations, [mismatch])).toMatchObject([
    { key: "a", ifVersion: 4, outcome: "mismatch", version: 5, returnedAt: 2 },
  ]);
});

test("two versions are two answers", () => {
  expect(answersOf([told(1, 7), told(3, 8)]).map(({ version }) => version)).toEqual([7, 8]);
});

test("a write saw what it is conditional on, but for what it wrote itself", () => {
  const again = { key: "b", ifVersion: 9, isCheck: true };
  expect(seenBy([...operations, again])).toEqual([
    { key: "a", version: 4 },
    { key: "b", version: 0 },
  ]);
});
