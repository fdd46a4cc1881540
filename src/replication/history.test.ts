import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyAfter, historyOfRange, isHistory, subtractHistory } from "./history.ts";
import { EMPTY_HISTORY } from "./types.ts";

const number = fc.oneof(fc.nat({ max: 100 }), fc.maxSafeNat());
const identity = fc.record({ sequence: number, origin: number });
const identities = fc.array(identity, { maxLength: 20 });
const history = fc
  .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.nat({ max: 2 ** 32 - 1 }))
  .map((lanes) => lanes.map((lane) => lane.toString(16).padStart(8, "0")).join(""));

const of = (...entries: readonly { sequence: number; origin: number }[]) =>
  historyAfter(EMPTY_HISTORY, entries);

describe("a history", () => {
  test("is 16 hexadecimal digits, and stays as it is where nothing is applied", () => {
    fc.assert(
      fc.property(history, identities, (before, entries) => {
        expect(isHistory(historyAfter(before, entries))).toBe(true);
        expect(historyAfter(before, [])).toBe(before);
        expect(subtractHistory(before, EMPTY_HISTORY)).toBe(before);
      }),
    );
  });

  test("is what it was once the entries are subtracted again", () => {
    fc.assert(
      fc.property(history, identities, (before, entries) => {
        expect(subtractHistory(historyAfter(before, entries), of(...entries))).toBe(before);
        expect(historyAfter(subtractHistory(before, of(...entries)), entries)).toBe(before);
      }),
    );
  });

  test("does not depend on the order of the entries", () => {
    const shuffled = identities.chain((entries) =>
      fc.tuple(
        fc.constant(entries),
        fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
      ),
    );
    fc.assert(
      fc.property(history, shuffled, (before, [entries, others]) => {
        expect(historyAfter(before, others)).toBe(historyAfter(before, entries));
      }),
    );
  });

  test("is the same, in whatever pieces the entries are added", () => {
    fc.assert(
      fc.property(history, identities, fc.nat({ max: 20 }), (before, entries, cut) => {
        const [first, second] = [entries.slice(0, cut), entries.slice(cut)];
        const whole = historyAfter(before, entries);
        expect(historyAfter(historyAfter(before, first), second)).toBe(whole);
        expect(subtractHistory(whole, of(...first, ...second))).toBe(before);
        expect(subtractHistory(whole, of(...second))).toBe(historyAfter(before, first));
      }),
    );
  });
});

describe("entries that differ in one number have different hashes", () => {
  test("whichever of its 53 bits it is", () => {
    const bits = Array.from({ length: 53 }, (_, bit) => 2 ** bit);
    const sums = new Set([of({ sequence: 0, origin: 0 })]);
    for (const bit of bits) {
      sums.add(of({ sequence: bit, origin: 0 }));
      sums.add(of({ sequence: 0, origin: bit }));
    }
    expect(sums.size).toBe(2 * 53 + 1);
  });

  test("in each lane of its own: neighbours in sequence and origin do not collide", () => {
    // Of 40,000 random hashes of 32 bits, 0.19 pairs would be equal on average.
    const [all, high, low] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (let sequence = 1; sequence <= 400; sequence += 1) {
      for (let origin = 1; origin <= 100; origin += 1) {
        const sum = of({ sequence, origin });
        all.add(sum);
        high.add(sum.slice(0, 8));
        low.add(sum.slice(8));
      }
    }
    expect(all.size).toBe(40_000);
    expect(high.size).toBeGreaterThan(39_990);
    expect(low.size).toBeGreaterThan(39_990);
  });

  test("about half of the bits change with each bit of a number", () => {
    let changed = 0;
    let pairs = 0;
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      for (let bit = 0; bit < 53; bit += 1) {
        const origin = sequence * 7919;
        const flipped = (origin + 2 ** bit) % 2 ** 53;
        const [one, other] = [of({ sequence, origin }), of({ sequence, origin: flipped })];
        let differing = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
        for (; differing > 0n; differing >>= 1n) changed += Number(differing & 1n);
        pairs += 1;
      }
    }
    expect(changed / pairs).toBeGreaterThan(31);
    expect(changed / pairs).toBeLessThan(33);
  });

  test("also in sums: two entries that swap their origins are two others", () => {
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        fc.pre(one.sequence !== other.sequence && one.origin !== other.origin);
        const swapped = [
          { ...one, origin: other.origin },
          { ...other, origin: one.origin },
        ];
        expect(of(...swapped)).not.toBe(of(one, other));
        expect(of(one)).not.toBe(of(other));
      }),
    );
  });
});

test("disks and wires keep sums: what a version wrote, the next one must come to as well", () => {
  expect(of({ sequence: 1, origin: 1 })).toBe("1f2a3216c81074b7");
  expect(of({ sequence: 2 ** 53 - 1, origin: 2 ** 52 + 1 })).toBe("33289d2d3efca1ae");
  expect(of({ sequence: 1, origin: 1 }, { sequence: 2, origin: 1 })).toBe("077ea21106326da7");
});

describe("the history of a range", () => {
  const log = [3, 4, 5, 7].map((sequence) => ({ sequence, origin: 2 }));
  const from = (sequence: number) => log.filter((entry) => entry.sequence >= sequence);

  test("takes exactly the entries of the range", () => {
    expect(historyOfRange(from(3), { from: 3, to: 5 })).toBe(of(...log.slice(0, 3)));
    expect(historyOfRange(from(4), { from: 4, to: 4 })).toBe(of(...log.slice(1, 2)));
    expect(historyOfRange(from(7), { from: 7, to: 7 })).toBe(of(...log.slice(3)));
  });

  test("is unknown where an entry is missing, and that of nothing where the range is empty", () => {
    expect(historyOfRange(from(2), { from: 2, to: 4 })).toBeUndefined();
    expect(historyOfRange(from(5), { from: 5, to: 7 })).toBeUndefined();
    expect(historyOfRange(from(7), { from: 7, to: 8 })).toBeUndefined();
    expect(historyOfRange([], { from: 1, to: 1 })).toBeUndefined();
    expect(historyOfRange(from(6), { from: 6, to: 5 })).toBe(EMPTY_HISTORY);
  });
});
