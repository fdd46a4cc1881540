/** The fast walk over a value's bytes, against the plain parser and a plain second look. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/errors.ts";
import {
  bodyBytesMax,
  keyBytesMax,
  valueBytesMax,
  valueDepthMax,
} from "../../src/request-limits.ts";
import { JsonText, parseBody, type Shape, valueText } from "./values.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const textOf = (json: string): string | undefined => {
  const text = valueText(json);
  return text.ok ? text.value : undefined;
};
const refused = (code: string, word: string) => ({
  ok: false,
  failure: { code, detail: expect.stringContaining(word) },
});

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 2 });
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("a", "b", "é", "€", "😀", "/", "0", " ") },
  fc.constantFrom("\\n", '\\"', "\\\\", "\\/", "\\u0061", "\\u00E9", "\\u20ac", "\\ud83d\\uDE00"),
  fc.constantFrom("\\ud800", "\\udc00", "\\uDBFF"),
);
const stringText = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(unit, { maxLength: 3 }) },
    fc.array(unit, { minLength: 60, maxLength: 140 }),
  )
  .map((units) => `"${units.join("")}"`);
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.bigInt().map(String),
  fc.constantFrom(
    "-0",
    "1.10",
    "1e-400",
    "4.9e-324",
    "1E+2",
    "1e308",
    "1.7e308",
    "1.8e308",
    "2e308",
  ),
  fc.constantFrom("0e999", "1e999", "-1e309", "0.001e311", "0.001e312", `1${"0".repeat(309)}`),
);
interface Tree {
  tree: string;
}
/** JSON texts of every form, some of which are to be refused. */
const jsonText = fc.letrec<Tree>((tie) => {
  const spaced = fc.tuple(space, tie("tree"), space).map((parts) => parts.join(""));
  const member = fc
    .tuple(space, stringText, space, spaced)
    .map(([before, name, after, value]) => `${before}${name}${after}:${value}`);
  const many = { maxLength: 24, depthIdentifier: "json" };
  return {
    tree: fc.oneof(
      { depthIdentifier: "json", depthSize: "small", withCrossShrink: true },
      fc.oneof(stringText, numberText, fc.constantFrom("true", "false", "null")),
      fc.array(spaced, { ...many, maxLength: 4 }).map((items) => `[${items.join()}]`),
      fc.tuple(fc.array(member, many), space).map(([members, end]) => `{${members.join()}${end}}`),
    ),
  };
}).tree;

/** Tokens one by one: strings, numbers and words, punctuation. */
const tokensOf = (json: string) => json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g) ?? [];

/** The rules in their plainest form. */
const isLawful = (json: string): boolean => {
  const tokens = tokensOf(json);
  const objects: Set<string>[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token === "{" || token === "[") objects.push(new Set());
    else if (token === "}" || token === "]") objects.pop();
    else if (token.startsWith('"')) {
      const text: string = JSON.parse(token);
      if (!text.isWellFormed()) return false;
      if (tokens[at + 1] !== ":") continue;
      if (objects.at(-1)?.has(text)) return false;
      objects.at(-1)?.add(text);
    } else if (/^[-\d]/.test(token) && !Number.isFinite(Number(token))) return false;
  }
  return true;
};

describe("a value's text", () => {
  test("is the given one without white space, or it is refused by the rules", () => {
    const found = { kept: 0, refused: 0 };
    fc.assert(
      fc.property(jsonText, (json) => {
        const expected = isLawful(json) ? tokensOf(json).join("") : undefined;
        found[expected === undefined ? "refused" : "kept"] += 1;
        expect(textOf(json)).toBe(expected);
        if (expected === undefined) return;
        expect(JSON.parse(expected)).toEqual(JSON.parse(json));
        expect(textOf(expected)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(found.kept).toBeGreaterThan(200);
    expect(found.refused).toBeGreaterThan(200);
  });

  test("exists exactly where the parser finds JSON", () => {
    const broken = fc
      .tuple(jsonText, fc.nat(), fc.constantFrom("", ",", "}", '"', "\\", "1", "\u0000", "e"))
      .map(([json, at, patch]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + patch + json.slice(place + 1);
      });
    fc.assert(
      fc.property(fc.oneof(broken, fc.string({ unit: "binary" })), (json) => {
        let isJson = true;
        try {
          JSON.parse(json);
        } catch {
          isJson = false;
        }
        const text = textOf(json);
        if (!isJson) expect(text).toBeUndefined();
        else if (json.isWellFormed()) expect(text !== undefined).toBe(isLawful(json));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    "1e-400",
    "4.9e-324",
    "-0",
    "1.10",
    "5000.0",
    "1E+2",
    "9007199254740993",
    '{"id":12345678901234567890,"list":[1.5,10000000000000000000001]}',
    '{"b":1,"10":2,"a":3,"9":4}',
    '{"__proto__":{"a":1},"n":1}',
    '["\\u0041\\/A","\\ud83d\\ude00","😀","\\u2028"]',
    '""',
  ])("%s is kept as it is", (json) => {
    expect(textOf(json)).toBe(json);
    expect(textOf(` \r\n\t${json} `)).toBe(json);
  });

  test.each([
    ["", "JSON"],
    ["{", "JSON"],
    ["undefined", "JSON"],
    ["1 2", "JSON"],
    ["1e999", "double"],
    ['{"a":[-1e999]}', "double"],
    [`-${"9".repeat(309)}`, "double"],
    [nested(valueDepthMax + 1), "deep"],
    [nested(500_000), "deep"],
    ['"\\ud800"', "surrogate"],
    ['["\\udc00\\ud800"]', "surrogate"],
    ['{"\\ud83dx":1}', "surrogate"],
    ['"\\ud83d\\n\\ude00"', "surrogate"],
    ['"\ud800"', "Unicode"],
    ['{"a":1,"a":1}', "two members"],
    ['[{"a":{"x":1},"b":2,"\\u0061":3}]', "two members"],
    ['{"\\u00e9":1,"é":2}', "two members"],
    ['{"\\ud83d\\ude00":1,"😀":2}', "two members"],
    [`{${Array.from({ length: 100 }, (_, i) => `"${(i * 37) % 99}":0`).join()}}`, "two members"],
  ])("%.40s is refused", (json, word) => {
    expect(valueText(json)).toMatchObject(refused("INVALID_ARGUMENT", word));
  });

  test("may be 128 arrays deep, 1 MiB long, and hold many names", () => {
    expect(textOf(nested(valueDepthMax))).toBe(nested(valueDepthMax));
    const names = `{${Array.from({ length: 5000 }, (_, i) => `"${(i * 37) % 5001}":{"a":0}`).join()}}`;
    expect(textOf(names)).toBe(names);
    const longest = `"${"x".repeat(valueBytesMax - 2)}"`;
    expect(textOf(`   ${longest}   `)).toBe(longest);
    for (const json of [
      `"${"x".repeat(valueBytesMax - 1)}"`,
      `"${"é".repeat(valueBytesMax / 2)}"`,
    ]) {
      expect(valueText(json)).toMatchObject(refused("TOO_LARGE", "1048576"));
    }
    expect(valueText(" ".repeat(bodyBytesMax + 1))).toMatchObject(refused("TOO_LARGE", "value"));
  });
});

describe("a body", () => {
  const put: Shape = { members: { value: "value" } };
  const batch: Shape = { members: { operations: { items: { members: { put } } } } };
  const parse = (json: string, shape?: Shape) => parseBody(Buffer.from(json), shape);

  test("has the value's text where the shape says so, and everything else parsed", () => {
    fc.assert(
      fc.property(jsonText, fc.jsonValue(), space, (value, other, gap) => {
        const text = textOf(value);
        const body = parse(`{"x":${JSON.stringify(other)},"value"${gap}:${value}${gap}}`, put);
        if (text === undefined) expect(body.ok).toBe(false);
        else if (body.ok) {
          const { value: found, x } = body.value as { value: JsonText; x: unknown };
          expect(found).toEqual(new JsonText(text));
          expect(JSON.stringify(x)).toBe(JSON.stringify(other));
        }
      }),
    );
  });

  test("of a batch has one text for each put, and names the one that is refused", () => {
    const operations =
      '[{"put":{"value": [1.0], "key":"a"}},{"delete":{"value":1.0}},{"put":{"value":2}}]';
    expect(parse(`{"operations": ${operations}, "value": 1.0}`, batch)).toEqual({
      ok: true,
      value: {
        operations: [
          { put: { value: new JsonText("[1.0]"), key: "a" } },
          { delete: { value: 1 } },
          { put: { value: new JsonText("2") } },
        ],
        value: 1,
      },
    });
    expect(parse('{"operations":[{},{"put":{"value":1e999}}]}', batch)).toMatchObject(
      refused("INVALID_ARGUMENT", '"operations.1.put.value" holds a number'),
    );
  });

  test.each([
    "9007199254740993",
    "1.0000000000000000001",
    "1e-400",
    "-1e999",
    "0.1000000000000000055",
  ])("has no number where an option is %s", (number) => {
    const body = parse(`{"quorum":${number},"list":[{"x":${number}}]}`);
    const text = new JsonText(number);
    expect(body).toEqual({ ok: true, value: { quorum: text, list: [{ x: text }] } });
  });

  test.each(["5000.0", "5e3", "-0.0", "0.10000000000000000", "100000000000000000000", "0e0"])(
    "has an ordinary number where an option is %s",
    (number) => {
      expect(parse(`{"__proto__":${number}}`)).toEqual({
        ok: true,
        value: JSON.parse(`{"__proto__":${number}}`),
      });
    },
  );

  test.each([
    '{"key":"a","value":1,"key":"b"}',
    '{"value":1,"value":2}',
    '{"value":{"a":1},"\\u0076alue":2}',
    '{"operations":[{"put":{"value":1},"put":5}]}',
    '{"operations":[{"put":{"value":1}}],"operations":null}',
  ])("with a member twice is refused: %s", (json) => {
    for (const shape of [put, batch]) {
      expect(parse(json, shape)).toMatchObject(refused("INVALID_ARGUMENT", "two members"));
    }
  });
});

describe("what is too large is refused before it is parsed", () => {
  // What follows is not JSON: the parser would have said so.
  const rest = ', "then: ';
  const put: Shape = { members: { key: "key", value: "value" } };
  const fault = failureOf("INVALID_ARGUMENT", "too many");
  const batch: Shape = {
    members: {
      operations: { items: put, countFault: (count) => (count > 128 ? fault : undefined) },
    },
  };
  const parse = (json: string, shape: Shape) => parseBody(Buffer.from(json + rest), shape);

  test("a value over REST and gRPC", () => {
    const value = `["${"x".repeat(valueBytesMax - 4)}", 1]`;
    expect(parse(`{"value": ${value}`, put)).toMatchObject(refused("TOO_LARGE", '"value"'));
    expect(parse(`{"operations": [{"value":1}, {"value": ${value}`, batch)).toMatchObject(
      refused("TOO_LARGE", '"operations.1.value"'),
    );
    expect(valueText(`${value}]`)).toMatchObject(refused("TOO_LARGE", '"value"'));
  });

  test("a key that is too long however it is written", () => {
    const key = "\\u0041".repeat(keyBytesMax + 1);
    expect(parse(`{"key": "${key}"`, put)).toMatchObject(refused("TOO_LARGE", '"key"'));
    expect(parseBody(Buffer.from(`{"key":"${key.slice(6)}"}`), put).ok).toBe(true);
  });

  test("a list of operations, counted to its end", () => {
    for (const count of [129, 5000]) {
      const operations = Array(count).fill('{"value":1}').join();
      expect(parse(`{"operations":[${operations}]`, batch)).toEqual({ ok: false, failure: fault });
    }
    const allowed = `{"operations":[${Array(128).fill("{}").join()}]}`;
    expect(parseBody(Buffer.from(allowed), batch).ok).toBe(true);
  });
});
