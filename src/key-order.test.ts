import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "./key-order.ts";

test("byte order is that of UTF-8", () => {
  const edges = [
    "\0",
    "a",
    "b",
    "\u007f",
    "\u0080",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "😀",
  ];
  const texts = fc.array(fc.constantFrom(...edges), { maxLength: 4 }).map((list) => list.join(""));
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const expected = Buffer.compare(Buffer.from(one), Buffer.from(other));
      expect(compareBytes(one, other)).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
