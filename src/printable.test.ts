import fc from "fast-check";
import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test.each([
  ["\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007"],
  [
    "one\nleader     ready at http://example.org",
    "one\\u000aleader     ready at http://example.org",
  ],
  ["\u009b31m", "\\u009b31m"],
  ["abc\u202egnp.exe\u2066\u2069", "abc\\u202egnp.exe\\u2066\\u2069"],
  ["half \ud800 of a pair", "half \\ud800 of a pair"],
])("%j is shown as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("other text stays as it is", () => {
  const text = 'grüße\t世界 👩‍🚀 "\\u001b" é{}';
  expect(printable(text)).toBe(text);
});

test("JSON keeps its meaning", () => {
  fc.assert(
    fc.property(fc.json(), fc.string({ unit: "binary" }), (json, text) => {
      const line = JSON.stringify({ json, text });
      expect(JSON.parse(printable(line))).toEqual({ json, text });
    }),
  );
});
