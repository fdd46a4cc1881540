import { describe, expect, test } from "vitest";
import { choose, clash, describeMark, heeds } from "./cluster-id.ts";
import type { ClusterMark } from "./types.ts";

const mark = (id: string, change: Partial<ClusterMark> = {}): ClusterMark => ({
  id: id === "" ? "" : id.repeat(32),
  confirmed: false,
  blank: false,
  ...change,
});
const confirmed = (id: string, blank = false) => mark(id, { confirmed: true, blank });

describe("two nodes clash", () => {
  const others: readonly [string, ClusterMark | undefined, boolean][] = [
    ["the same confirmed id", confirmed("a"), false],
    ["another confirmed id", confirmed("b"), true],
    ["another confirmed id without data", confirmed("b", true), true],
    ["the same id, not confirmed there yet", mark("a"), false],
    ["data with another id that is not confirmed", mark("b"), true],
    ["no data and another id that is not confirmed", mark("b", { blank: true }), false],
    ["data and no id", mark(""), true],
    ["neither data nor an id", mark("", { blank: true }), false],
    ["a former version", undefined, true],
  ];

  test.each(others)("a confirmed id and %s: %#", (_, theirs, expected) => {
    expect(clash(confirmed("a"), theirs)).toBe(expected);
    if (theirs !== undefined) expect(clash(theirs, confirmed("a"))).toBe(expected);
  });

  test("never, as long as neither id is confirmed", () => {
    const marks = [mark(""), mark("a"), mark("b"), mark("b", { blank: true }), undefined];
    for (const own of [mark("a"), mark(""), mark("", { blank: true })])
      for (const theirs of marks) expect(clash(own, theirs)).toBe(false);
  });
});

test("news of a higher epoch counts only from a node that shows the same id, once that is confirmed", () => {
  expect(heeds(confirmed("a"), confirmed("a"))).toBe(true);
  expect(heeds(confirmed("a"), mark("a"))).toBe(true);
  expect(heeds(confirmed("a"), mark("", { blank: true }))).toBe(false);
  expect(heeds(mark("a"), mark("", { blank: true }))).toBe(true);
  expect(heeds(mark("a"), undefined)).toBe(true);
});

test("a confirmed id is chosen first, then the own one, then one with data", () => {
  const [a, b] = ["a".repeat(32), "b".repeat(32)];
  expect(choose([mark("a"), confirmed("b")])).toEqual({ id: b, confirmed: true });
  expect(choose([mark("a"), mark("b")])).toEqual({ id: a, confirmed: false });
  expect(choose([mark("a", { blank: true }), mark("b")])).toEqual({ id: b, confirmed: false });
  expect(choose([mark(""), mark("b", { blank: true })])).toEqual({ id: b, confirmed: false });
  expect(choose([mark(""), mark("", { blank: true })])).toBeUndefined();
});

test("a person reads to what a node belongs", () => {
  expect(describeMark(undefined)).toContain("former version");
  expect(describeMark(mark(""))).toBe("no cluster, with data");
  expect(describeMark(mark("", { blank: true }))).toBe("no cluster, without data");
  expect(describeMark(mark("a"))).toBe(`cluster ${"a".repeat(32)}, not confirmed`);
});
