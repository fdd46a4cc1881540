import fc from "fast-check";
import { expect, test } from "vitest";
import { Progress, toRanges } from "./progress.ts";

const sequences = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 });

test("knows exactly what was added, whatever the order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), sequences, (start, added) => {
      const progress = new Progress(start);
      const model = new Set(Array.from({ length: start }, (_, index) => index + 1));
      for (const sequence of added) {
        expect(progress.add(sequence)).toBe(!model.has(sequence));
        model.add(sequence);
        for (let at = 1; at <= 41; at += 1) expect(progress.has(at)).toBe(model.has(at));
        let contiguous = 0;
        while (model.has(contiguous + 1)) contiguous += 1;
        expect(progress.contiguous).toBe(contiguous);
      }
    }),
  );
});

test("ranges hold every sequence once, ascending, and as few as can be", () => {
  fc.assert(
    fc.property(sequences, (added) => {
      const ranges = toRanges(added);
      const told = ranges.flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index),
      );
      expect(told).toEqual([...new Set(added)].sort((left, right) => left - right));
      for (const [index, range] of ranges.entries())
        if (index > 0) expect(range.from).toBeGreaterThan((ranges[index - 1]?.to ?? 0) + 1);
    }),
  );
});
