import fc from "fast-check";
import { expect, test } from "vitest";
import { compareKeys } from "./key-order.ts";
import { type DifferenceClass, differencesBetween, type ListedKey } from "./merge.ts";

const at = (key: string, version: number, text = "1"): ListedKey => ({ key, version, text });

async function collect(leader: readonly ListedKey[], follower: readonly ListedKey[]) {
  const found: [DifferenceClass, string][] = [];
  for await (const { class: kind, key } of differencesBetween(leader, follower)) {
    found.push([kind, key]);
  }
  return found;
}

test("each class is told from the others", async () => {
  const leader = [at("a", 5), at("b", 5), at("c", 5), at("d", 5)];
  const follower = [at("b", 4), at("c", 5, "2"), at("d", 5), at("e", 3)];
  expect(await collect(leader, follower)).toEqual([
    ["missing", "a"],
    ["stale", "b"],
    ["diverged", "c"],
    ["extra", "e"],
  ]);
});

test("a version that the leader never had is a divergence, not freshness", async () => {
  expect(await collect([at("a", 5)], [at("a", 6)])).toEqual([["diverged", "a"]]);
});

test("keys are in the order of their UTF-8 bytes, emoji after everything of the basic plane", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      const [left, right] = [Buffer.from(a), Buffer.from(b)];
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(left, right));
    }),
  );
  expect(compareKeys("\u{1f600}", "\uffee")).toBeGreaterThan(0);
});

/** The plainest version: two maps. */
function plainDifferences(leader: readonly ListedKey[], follower: readonly ListedKey[]) {
  const theirs = new Map(follower.map((listed) => [listed.key, listed]));
  const keys = new Set([...leader, ...follower].map(({ key }) => key));
  return [...keys].sort(compareKeys).flatMap((key): [DifferenceClass, string][] => {
    const mine = leader.find((listed) => listed.key === key);
    const other = theirs.get(key);
    if (mine === undefined) return [["extra", key]];
    if (other === undefined) return [["missing", key]];
    if (other.version < mine.version) return [["stale", key]];
    const same = other.version === mine.version && other.text === mine.text;
    return same ? [] : [["diverged", key]];
  });
}

test("the merge finds what two maps would", async () => {
  const record = fc.record({
    key: fc.string({ maxLength: 3, unit: fc.constantFrom("a", "b", "\uffee", "\u{1f600}") }),
    version: fc.integer({ min: 1, max: 3 }),
    text: fc.constantFrom("1", "2"),
  });
  const store = fc
    .uniqueArray(record, { selector: ({ key }) => key, maxLength: 20 })
    .map((records) => records.sort((a, b) => compareKeys(a.key, b.key)));
  await fc.assert(
    fc.asyncProperty(store, store, async (leader, follower) => {
      expect(await collect(leader, follower)).toEqual(plainDifferences(leader, follower));
    }),
  );
});

test("many keys pass through without being held", async () => {
  const count = 200_000;
  function* store(skipped: number): Generator<ListedKey> {
    for (let index = 0; index < count; index += 1) {
      if (index !== skipped) yield at(String(index).padStart(7, "0"), 1);
    }
  }
  const found: string[] = [];
  for await (const { key } of differencesBetween(store(-1), store(150_000))) found.push(key);
  expect(found).toEqual(["0150000"]);
});

test("a listing that ends early is closed", async () => {
  let closed = 0;
  function* endless(): Generator<ListedKey> {
    try {
      for (let index = 0; ; index += 1) yield at(String(index).padStart(9, "0"), 1);
    } finally {
      closed += 1;
    }
  }
  for await (const _ of differencesBetween(endless(), [])) break;
  expect(closed).toBe(1);
});
