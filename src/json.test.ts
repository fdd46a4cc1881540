import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "./json.ts";

const roundTrip = (text: string) => JSON.stringify(parseJson(text));

test.each([
  "9007199254740993",
  "-12345678901234567890",
  "0.12345678901234567890",
  '{"id":12345678901234567890,"list":[1.5,10000000000000000000001]}',
])("%s keeps its digits", (text) => expect(roundTrip(text)).toBe(text));

test("whole numbers of any length come back as they were", () => {
  fc.assert(fc.property(fc.bigInt(), (number) => roundTrip(`[${number}]`) === `[${number}]`));
});

test("any JSON value means the same as to JSON.parse", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(roundTrip(text))).toEqual(JSON.parse(text));
    }),
  );
});

test("a member named __proto__ stays a member beside a long number", () => {
  const text = '{"__proto__":{"a":1},"n":12345678901234567890}';
  expect(roundTrip(text)).toBe(text);
});

test.each([
  ["5000.0", 5000],
  ["0e0", 0],
  ["-0.0", -0],
  ["1E3", 1000],
  ["0.10000000000000000", 0.1],
  ["100000000000000000000", 1e20],
])("%s is an ordinary number, whatever stands beside it", (text, number) => {
  expect(parseJson(`["order-1234567890123456",${text}]`)).toEqual([
    "order-1234567890123456",
    number,
  ]);
});
