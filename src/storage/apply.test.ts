import { expect, test } from "vitest";
import { emptyDigest } from "../../test/storage/support.ts";
import { planApply } from "./apply.ts";
import { digestOf, emptyStanding, recordHash, toDigest } from "./standing.ts";

const entry = (sequence: number) => ({ sequence, epoch: 1, origin: 1, operations: [] });
const nothing = (): undefined => undefined;

test("entries with a gap between them or before them are not applied", () => {
  for (const sequences of [[2], [1, 3], [1, 1], [0]]) {
    expect(() => planApply(emptyStanding, sequences.map(entry), nothing)).toThrow(
      "broken promise: entries are applied in sequence, without a gap",
    );
  }
  expect(planApply(emptyStanding, [entry(1), entry(2)], nothing).standing.applied).toBe(2);
});

test("a digest is 16 hexadecimal digits, whatever the order of the records", () => {
  const records = ["a", "b", "c"].map((key, index) => ({
    key,
    value: "1",
    version: index,
    origin: 1,
  }));
  expect(digestOf([])).toBe(emptyDigest);
  expect(digestOf(records)).toMatch(/^[0-9a-f]{16}$/);
  expect(digestOf([...records].reverse())).toBe(digestOf(records));
  expect(toDigest(-1n)).toBe("f".repeat(16));
});

test("key, version and value all count, and cannot be taken for one another", () => {
  const hashes = [
    { key: "a", value: "bc", version: 1 },
    { key: "ab", value: "c", version: 1 },
    { key: "a", value: "bc", version: 2 },
    { key: "a", value: "bd", version: 1 },
    { key: "1 a", value: "bc", version: 1 },
    { key: "a", value: "bc", version: 11 },
  ].map(recordHash);
  expect(new Set(hashes).size).toBe(hashes.length);
});
