import fc from "fast-check";
import { expect, test } from "vitest";
import { LogFile } from "./log-file.ts";
import { LogIndex, type Place } from "./log-index.ts";

const files = [1, 2].map((first) => new LogFile({ directory: "", first, salt: 0 }));
/** Neighbours, and sequences that are far from each other. */
const sequence = fc.oneof(
  fc.integer({ min: 1, max: 1_100 }),
  fc.constantFrom(1_000_000, 2 ** 40 - 1, 2 ** 40, 2 ** 53 - 1),
);
const place: fc.Arbitrary<Place> = fc.record({
  sequence,
  epoch: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
  origin: fc.integer({ min: 1, max: 2 ** 53 - 1 }),
  file: fc.constantFrom(...files),
  at: fc.nat(),
  bytes: fc.integer({ min: 20, max: 9_000 }),
});
/** Many neighbours at once, so that most blocks are full. */
const run = fc
  .tuple(place, fc.integer({ min: 1, max: 700 }))
  .map(([first, count]) =>
    Array.from({ length: count }, (_, index) => ({ ...first, sequence: first.sequence + index })),
  )
  .filter((places) => places.every((each) => each.sequence <= 2 ** 53 - 1));

const step = fc.oneof(
  run.map((places) => ({ type: "put" as const, places })),
  sequence.map((upTo) => ({ type: "removeUpTo" as const, upTo })),
);

test("an index holds what a sorted list of the newest places holds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), sequence, (steps, from) => {
      const index = new LogIndex();
      const plain = new Map<number, Place>();
      for (const each of steps) {
        if (each.type === "removeUpTo") {
          index.removeUpTo(each.upTo);
          for (const at of plain.keys()) if (at <= each.upTo) plain.delete(at);
        } else
          for (const one of each.places) {
            index.put(one);
            plain.set(one.sequence, one);
          }
        const sorted = [...plain.values()].sort((one, other) => one.sequence - other.sequence);
        expect([...index.from(0)]).toEqual(sorted);
        expect([...index.from(from)]).toEqual(sorted.filter((one) => one.sequence >= from));
        expect(index.at(from)).toEqual(plain.get(from));
        expect(index.size).toBe(sorted.length);
        expect(index.bytes).toBe(sorted.reduce((sum, { bytes }) => sum + bytes, 0));
        const bounds = { first: sorted[0]?.sequence ?? 0, last: sorted.at(-1)?.sequence ?? 0 };
        expect(index.bounds).toEqual(bounds);
      }
    }),
  );
});
