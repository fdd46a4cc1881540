/** The short way through a body of PUT /write, against the long one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonText, parseBody } from "../json/values.ts";
import { plainPut } from "./plain-put.ts";

/** The fields as the long way finds them; undefined where it refuses the body or finds others. */
function longWay(text: string): { key: string; value: string } | undefined {
  const body = parseBody(Buffer.from(text), { members: { key: "key", value: "value" } });
  if (!body.ok || typeof body.value !== "object" || body.value === null) return undefined;
  const { key, value, ...others } = body.value as Record<string, unknown>;
  if (typeof key !== "string" || !(value instanceof JsonText)) return undefined;
  return Object.keys(others).length === 0 ? { key, value: value.text } : undefined;
}

function shortWay(text: string): { key: string; value: string } | undefined {
  const plain = plainPut(Buffer.from(text));
  return plain?.ok === true ? { ...plain.value } : undefined;
}

const units = ["a", "0", " ", "~", "!", "#", "[", "]", "{", "}", ",", ":", "/", "\u007f", "\u0000"];
const odd = ["é", "\u0080", "\u00a0", "€", "😀", '"', "\\", "\\n", "\\u0061", "\n", "\t", "\ud800"];
const text = fc
  .array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...units) }, fc.constantFrom(...odd)), {
    maxLength: 8,
  })
  .map((parts) => `"${parts.join("")}"`);
const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true }).map(String),
  fc.constantFrom("-0", "00", "1.0", "1e3", "9".repeat(15), "9".repeat(16), "9".repeat(400), "-"),
);
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  number,
  fc.constantFrom("true", "false", "null", "nul", "{}", "[1, 2]", '{"key":"a"}', ""),
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"key"', '"value"') },
  fc.constantFrom('"__proto__"', '"quorum"', '"Key"', '"k\\u0065y"', "key", '""'),
);
const space = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("", " ") },
  fc.constantFrom("  ", "\n", "\t", "\u00a0", "\ufeff"),
);
const member = fc.tuple(name, space, space, value).map(([n, a, b, v]) => `${n}${a}:${b}${v}`);
/** Mostly bodies that are nearly plain. */
const body = fc.oneof(
  fc
    .tuple(space, text, space, space, value, space)
    .map(([a, k, b, c, v, d]) => `{${a}"key":${k}${b},${c}"value":${v}${d}}`),
  fc
    .tuple(space, fc.array(member, { maxLength: 3 }), space)
    .map(([a, members, b]) => `${a}{${members.join(",")}}${b}`),
);

describe("a body of PUT /write that is read in one look", () => {
  test("has the fields that the parser finds, and no others", () => {
    let plain = 0;
    fc.assert(
      fc.property(body, (given) => {
        const found = shortWay(given);
        if (found === undefined) return;
        plain += 1;
        expect(longWay(given)).toEqual(found);
      }),
      { numRuns: 20_000 },
    );
    expect(plain).toBeGreaterThan(500);
  });

  test.each([
    ['{"key":"a","value":"b"}', { key: "a", value: '"b"' }],
    ['{"key": "a b", "value": -12}', { key: "a b", value: "-12" }],
    ['{ "key": "", "value": null }', { key: "", value: "null" }],
  ])("%s", (given, fields) => {
    expect(shortWay(given)).toEqual(fields);
    expect(longWay(given)).toEqual(fields);
  });

  test.each([
    ['{"key":"a","value":"b","key":"c"}'],
    ['{"key":"a","value":"b","quorum":1}'],
    ['{"value":"b","key":"a"}'],
    ['{"key":"é","value":1}'],
    ['{"key":"a","value":"\\u0041"}'],
    ['{"key":"a","value":1.5}'],
    ['{"key":"a","value":{}}'],
    [`{"key":"a","value":"${"x".repeat(5000)}"}`],
    ['{"key":"a","value":"b"}\n'],
    [""],
  ])("%s is left to the parser", (given) => {
    expect(shortWay(given)).toBeUndefined();
  });
});
