import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indentJson, parseEntry, parsePage } from "./json-text.ts";

const odd = '{"b":1,"10":9007199254740993,"value":[1.10,-0,1e-400],"\\u0041":"\\"}, \\\\"}';

describe("an answer", () => {
  test("keeps each value as the text that came", () => {
    const json = fc.json({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), json), { maxLength: 4 }), (pairs) => {
        const entries = pairs.map(([key, value], version) => ({ key, value, version }));
        const texts = entries.map(
          ({ key, value, version }) =>
            `{"key":${JSON.stringify(key)},"value":${value},"version":${version}}`,
        );
        const page = `{"entries":[${texts.join()}],"next":null,"sequence":7}`;
        const trimmed = entries.map((entry) => ({ ...entry, value: entry.value.trim() }));
        expect(parsePage(page)).toEqual({ entries: trimmed, next: null, sequence: 7 });
        for (const [at, text] of texts.entries()) expect(parseEntry(text)).toEqual(trimmed[at]);
      }),
    );
  });

  test("is not confused by what a value or a key holds", () => {
    const text = `{"key":"value","value":${odd},"version":1}`;
    expect(parseEntry(text)).toEqual({ key: "value", value: odd, version: 1 });
    expect(() => parseEntry("{")).toThrow(SyntaxError);
    expect(parsePage("[1]")).toEqual([1]);
  });
});

describe("a value's text", () => {
  test("is indented as JSON.stringify would do it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value, null, 2);
        expect(indentJson(JSON.stringify(value))).toBe(text);
        expect(indentJson(text)).toBe(text);
      }),
    );
  });

  test("keeps its names, digits and escapes", () => {
    expect(indentJson(odd).split("\n")).toEqual([
      ...["{", '  "b": 1,', '  "10": 9007199254740993,'],
      ...['  "value": [', "    1.10,", "    -0,", "    1e-400", "  ],"],
      ...['  "\\u0041": "\\"}, \\\\"', "}"],
    ]);
  });

  test("may be one long string or a deep array", () => {
    const long = JSON.stringify("x\\n".repeat(300_000));
    const deep = "[".repeat(128) + "]".repeat(128);
    expect(indentJson(long)).toBe(long);
    expect(indentJson(deep)).toBe(JSON.stringify(JSON.parse(deep), null, 2));
  });
});
