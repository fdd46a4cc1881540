import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../../src/virtual/linearizability/check.ts";
import type { Call } from "../../src/virtual/linearizability/history.ts";
import { mulberry32 } from "../support/random.ts";
import { isLinearizable } from "./brute-force.ts";
import { put, read, refused, remove } from "./notation.ts";
import { simulate } from "./simulated.ts";

const good: Record<string, readonly Call[]> = {
  "nothing happened": [],
  "a read before any write finds nothing": [read(undefined, [1, 2])],
  "a read sees the write before it": [put("1", [1, 2]), read("1", [3, 4])],
  "a read during a write sees the old value": [
    put("1", [1, 2], { version: 1 }),
    put("2", [3, 9], { version: 2 }),
    read("1", [4, 5], { version: 1 }),
    read("2", [6, 7], { version: 2 }),
  ],
  "two writes at once may end in either order": [
    put("1", [1, 9]),
    put("2", [1, 9]),
    read("2", [10, 11]),
    read("2", [12, 13]),
  ],
  "an unknown write takes effect late": [
    put("1", [1, 2]),
    put("2", [3]),
    read("1", [10, 11]),
    put("3", [12, 13]),
    read("3", [14, 15]),
    read("2", [100, 101]),
  ],
  "an unknown write never takes effect": [put("1", [1, 2]), put("2", [3]), read("1", [50, 60])],
  "an unknown write that was answered so may still take effect": [
    put("2", [3, 4], { outcome: "unknown", version: 1 }),
    read(undefined, [5, 6]),
    read("2", [7, 8], { version: 1 }),
  ],
  "an unknown delete explains an absent key": [
    put("1", [1, 2]),
    remove([3]),
    read("1", [4, 5]),
    read(undefined, [6, 7]),
  ],
  "an unknown write explains why a create was refused": [put("1", [1]), refused(0, [2, 3])],
  "conditional writes follow one another": [
    put("1", [1, 2], { ifVersion: 0, version: 4 }),
    put("2", [3, 4], { ifVersion: 4, version: 7 }),
    refused(4, [5, 6], { version: 7 }),
    remove([7, 8], { ifVersion: 7, version: 9 }),
    put("3", [9, 10], { ifVersion: 0, version: 12 }),
  ],
  "one of two conditional writes wins, the other is told": [
    put("1", [1, 2], { version: 1 }),
    put("2", [3, 9], { ifVersion: 1, version: 2, client: "a" }),
    refused(1, [3, 9], { version: 2, client: "b" }),
  ],
  "a deleted key is absent until it is written again": [
    put("1", [1, 2]),
    remove([3, 4]),
    remove([5, 6], { outcome: "missing" }),
    read(undefined, [7, 8]),
    put("2", [9, 10]),
    read("2", [11, 12]),
  ],
  "each key stands for itself": [
    put("1", [1, 2], { key: "p" }),
    read(undefined, [3, 4], { key: "q" }),
    read("1", [5, 6], { key: "p" }),
  ],
};

const bad: Record<string, readonly Call[]> = {
  "a stale read": [
    put("1", [1, 2], { version: 1 }),
    put("2", [3, 4], { version: 2 }),
    read("1", [5, 6], { version: 1 }),
  ],
  "a stale read, versions unknown": [put("1", [1, 2]), put("2", [3, 4]), read("1", [5, 6])],
  "an acknowledged write is lost": [put("1", [1, 2]), read(undefined, [3, 4])],
  "a lost update: two increments read the same base": [
    put("1", [1, 2], { version: 1 }),
    put("2", [3, 5], { ifVersion: 1, version: 2, client: "a" }),
    put("2", [4, 6], { ifVersion: 1, version: 3, client: "b" }),
  ],
  "two creates of one key both win": [
    put("1", [1, 9], { ifVersion: 0, client: "a" }),
    put("2", [1, 9], { ifVersion: 0, client: "b" }),
  ],
  "a read of a value never written": [put("1", [1, 2]), read("7", [3, 4])],
  "a read of a value that is only written later": [read("1", [1, 2]), put("1", [3, 4])],
  "a read of the right value at a wrong version": [
    put("1", [1, 2], { version: 5 }),
    read("1", [3, 4], { version: 4 }),
  ],
  "a delete undone": [put("1", [1, 2]), remove([3, 4]), read("1", [5, 6])],
  "an unknown write takes effect, then un-happens": [
    put("1", [1, 2]),
    put("2", [3]),
    read("2", [4, 5]),
    read("1", [6, 7]),
  ],
  "an unknown delete takes effect, then un-happens": [
    put("1", [1, 2]),
    remove([3]),
    read(undefined, [4, 5]),
    read("1", [6, 7]),
  ],
  "an unknown write takes effect twice": [
    put("1", [1]),
    put("2", [2, 3]),
    read("1", [4, 5]),
    put("3", [6, 7]),
    read("1", [8, 9]),
  ],
  "two readers see two writes in opposite orders": [
    put("1", [1, 20]),
    put("2", [1, 20]),
    read("1", [2, 3], { client: "c" }),
    read("2", [4, 5], { client: "c" }),
    read("2", [2, 3], { client: "d" }),
    read("1", [4, 5], { client: "d" }),
  ],
  "versions fall": [put("1", [1, 2], { version: 9 }), put("2", [3, 4], { version: 8 })],
  "one version for two writes": [
    put("1", [1, 9], { version: 3 }),
    put("2", [1, 9], { version: 3 }),
  ],
  "a create is refused though the key never existed": [refused(0, [1, 2])],
  "a write is refused though its condition holds": [
    put("1", [1, 2], { version: 3 }),
    refused(3, [4, 5]),
  ],
  "a refusal names a version that is already gone": [
    put("1", [1, 2], { version: 3 }),
    put("2", [3, 4], { version: 5 }),
    refused(1, [6, 7], { version: 3 }),
  ],
  "a refusal rests on a write that is not to be read afterwards": [
    put("1", [1, 2], { version: 5 }),
    put("2", [3, 20], { version: 6 }),
    refused(5, [4, 5], { version: 6 }),
    read("1", [6, 7], { version: 5 }),
  ],
  "a delete of an absent key succeeds": [put("1", [1, 2]), remove([3, 4]), remove([5, 6])],
  "a conditional write passes at a version the key has left": [
    put("1", [1, 2], { version: 1 }),
    put("2", [3, 4], { version: 2 }),
    put("3", [5, 6], { ifVersion: 1, version: 3 }),
  ],
};

describe("known-good histories pass", () => {
  test.each(Object.entries(good))("%s", (_, history) => {
    expect(check(history)).toMatchObject({ verdict: "ok" });
    for (const calls of Map.groupBy(history, ({ key }) => key).values()) {
      expect(isLinearizable(calls)).toBe(true);
    }
  });
});

describe("known-bad histories are caught", () => {
  test.each(Object.entries(bad))("%s", (_, history) => {
    expect(check(history)).toMatchObject({ verdict: "violation" });
  });
});

test("a finding names the few calls that contradict each other", () => {
  const noise = Array.from({ length: 200 }, (_, index) => [
    put(`${index}`, [index * 10, index * 10 + 4], { version: index + 1 }),
    read(`${index}`, [index * 10 + 5, index * 10 + 8], { version: index + 1 }),
  ]).flat();
  const stale = read("150", [1600, 1601], { version: 151, client: "late" });
  const result = check([...noise, stale]);
  expect(result.verdict).toBe("violation");
  if (result.verdict === "violation") {
    expect(result.violation.core).toContain(stale);
    expect(result.violation.core.length).toBeLessThanOrEqual(3);
    expect(result.violation.text).toMatchInlineSnapshot(`
      "key "k": these two of its 401 calls cannot both be true:
        [1590 … 1594] a: put 159 -> done at version 160
        [1600 … 1601] late: read -> found 150 at version 151"
    `);
  }
});

test("a finding without versions is a few calls, too", () => {
  const noise = Array.from({ length: 50 }, (_, index) => [
    put(`${index}`, [index * 10, index * 10 + 4]),
    read(`${index}`, [index * 10 + 5, index * 10 + 8]),
  ]).flat();
  const stale = read("30", [420, 421], { client: "late" });
  const result = check([...noise, stale]);
  expect(result.verdict).toBe("violation");
  if (result.verdict === "violation") {
    expect(result.violation.core).toContain(stale);
    expect(result.violation.text).toMatchInlineSnapshot(`
      "key "k": no order of its 101 calls explains every answer.
      These 3 cannot all be true, even if every other write may have happened or not:
        [305 … 308] a: read -> found 30
        [310 … 314] a: put 31 -> done
        [420 … 421] late: read -> found 30
      Writes of the values they speak of:
        [300 … 304] a: put 30 -> done
      The longest order found places 2 calls and leaves the key 30 at some version from 1;
      from there none of these can come next:
        [310 … 314] a: put 31 -> done
        [420 … 421] late: read -> found 30"
    `);
  }
});

describe("long histories of many clients take few steps", () => {
  const shapes = [true, false].flatMap((versions) =>
    [0, 0.05, 0.3].map((unknownShare) => ({ versions, unknownShare })),
  );
  test.each(shapes)("versions known: $versions, unknown: $unknownShare", (shape) => {
    const random = mulberry32(7);
    const history = simulate({ ...shape, random, calls: 4000, clients: 20 });
    // 4000 calls in 40 ms or so; steps do not depend on what else the machine does.
    expect(check(history, { stepsMax: 200_000 }).verdict).toBe("ok");

    const reads = history.filter((call) => call.kind === "read" && call.outcome === "ok");
    const late = reads[Math.floor(reads.length * 0.7)];
    const old = reads[Math.floor(reads.length * 0.5)];
    const broken = history.map((call) =>
      call === late ? { ...call, value: old?.value, version: old?.version } : call,
    );
    expect(check(broken, { stepsMax: 1_000_000 }).verdict).not.toBe("ok");
    if (shape.versions) {
      expect(check(broken).verdict).toBe("violation");
    }
  });
});

test("a search without end is given up, and says so", () => {
  const writes = Array.from({ length: 30 }, (_, index) => put(`${index}`, [1, 100]));
  const reads = Array.from({ length: 30 }, (_, index) => read(`${index}`, [1, 100]));
  const result = check([...writes, ...reads, read("never", [1, 100])], { stepsMax: 100_000 });
  expect(result.verdict).toBe("gave up");
});

const call: fc.Arbitrary<Call> = fc
  .record({
    kind: fc.constantFrom("put", "put", "delete", "read", "read"),
    value: fc.constantFrom("1", "2"),
    ifVersion: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 1 }),
    version: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 1 }),
    outcome: fc.constantFrom("ok", "ok", "ok", "missing", "mismatch", "unknown"),
    invokedAt: fc.integer({ min: 0, max: 12 }),
    lasts: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ lasts, ...drawn }): Call => {
    const { kind, invokedAt } = drawn;
    const impossible =
      (kind === "read" && (drawn.outcome === "mismatch" || drawn.outcome === "unknown")) ||
      (kind === "put" && drawn.outcome === "missing");
    const outcome = impossible ? "ok" : drawn.outcome;
    return {
      client: "a",
      key: "k",
      kind,
      outcome,
      invokedAt,
      returnedAt: outcome === "unknown" ? undefined : invokedAt + lasts,
      value: kind === "delete" || outcome === "missing" ? undefined : drawn.value,
      version: outcome === "missing" ? undefined : drawn.version,
      ifVersion: kind === "read" ? undefined : drawn.ifVersion,
    };
  });

test("agrees with the plainest checker on small histories", () => {
  let linearizable = 0;
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 6 }), (history) => {
      const expected = isLinearizable(history);
      linearizable += expected ? 1 : 0;
      const found = check(history);
      expect(found.verdict).toBe(expected ? "ok" : "violation");
    }),
    { numRuns: 5000 },
  );
  expect(linearizable).toBeGreaterThan(200);
});
