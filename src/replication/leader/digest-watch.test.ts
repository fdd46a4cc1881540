import { expect, test } from "vitest";
import type { SnapshotEnd } from "../types.ts";
import { DigestWatch } from "./digest-watch.ts";

const shown = (applied: number, digest: string): SnapshotEnd => ({
  applied,
  digest,
  history: undefined,
});

test("stores are compared at equal applied marks only", () => {
  const watch = new DigestWatch(shown(1, "a1"));
  watch.note(shown(2, "a2"));
  expect(watch.compare("f1", { applied: 3, digest: "x" })).toBe(false);
  expect(watch.matches("f1")).toBeUndefined();
  watch.compare("f1", { applied: 1, digest: "a1" });
  expect(watch.matches("f1")).toBe(true);
  expect(watch.shown).toEqual(shown(2, "a2"));
});

test("a difference alarms once, and again after the stores were equal", () => {
  const watch = new DigestWatch(shown(1, "a1"));
  expect(watch.compare("f1", { applied: 1, digest: "b1" })).toBe(true);
  expect(watch.compare("f1", { applied: 1, digest: "b1" })).toBe(false);
  expect(watch.matches("f1")).toBe(false);
  expect(watch.compare("f1", { applied: 1, digest: "a1" })).toBe(false);
  expect(watch.compare("f1", { applied: 1, digest: "b1" })).toBe(true);
});

test("an unknown digest is no difference", () => {
  const watch = new DigestWatch(shown(1, "a1"));
  expect(watch.compare("f1", { applied: 1, digest: "" })).toBe(false);
  expect(watch.matches("f1")).toBeUndefined();
});

test("only the most recent marks are remembered", () => {
  const watch = new DigestWatch(shown(0, "first"));
  for (let applied = 1; applied <= 5_000; applied += 1) watch.note(shown(applied, "d"));
  expect(watch.compare("f1", { applied: 0, digest: "other" })).toBe(false);
  expect(watch.compare("f1", { applied: 5_000, digest: "other" })).toBe(true);
});
