import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bodyBytesMax,
  checkKey,
  checkKeyPart,
  checkOperations,
  checkWhole,
  keyBytesMax,
  operationsMax,
  valueBytesMax,
  valueDepthMax,
  valueText,
  valueTextFrom,
} from "./limits.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("a key", () => {
  test("is 1 to 1024 bytes of UTF-8", () => {
    expect(checkKey("")?.code).toBe("INVALID_ARGUMENT");
    expect(checkKey("k")).toBeUndefined();
    expect(checkKey("é".repeat(keyBytesMax / 2))).toBeUndefined();
    expect(checkKey("é".repeat(keyBytesMax / 2 + 1))?.code).toBe("TOO_LARGE");
  });

  test("may be any well-formed text, and nothing else", () => {
    for (const key of ["__proto__", "\u0000", " ", "😀"]) expect(checkKey(key)).toBeUndefined();
    expect(checkKey("a\ud800")?.code).toBe("INVALID_ARGUMENT");
  });

  test("may be empty where it is only a prefix", () => {
    expect(checkKeyPart("", "prefix")).toBeUndefined();
    expect(checkKeyPart("\udc00", "prefix")?.detail).toContain("prefix");
  });
});

describe("a value", () => {
  test("comes back from its text as it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const text = valueText(value);
        expect(text.ok && JSON.parse(text.value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("keeps a member called __proto__", () => {
    expect(valueTextFrom('{ "__proto__": 1 }')).toEqual({ ok: true, value: '{"__proto__":1}' });
  });

  test("is refused when it is not JSON, too deep, or beyond a double", () => {
    for (const json of [
      "",
      "{",
      "undefined",
      "1e999",
      '{"a":[-1e999]}',
      nested(valueDepthMax + 1),
    ]) {
      expect(valueTextFrom(json)).toMatchObject({ failure: { code: "INVALID_ARGUMENT" } });
    }
    expect(valueTextFrom(nested(valueDepthMax)).ok).toBe(true);
    expect(valueTextFrom(nested(500_000)).ok).toBe(false);
    expect(valueText(undefined).ok).toBe(false);
  });

  test("is at most 1 MiB of text", () => {
    expect(valueText("x".repeat(valueBytesMax - 2)).ok).toBe(true);
    for (const value of ["x".repeat(valueBytesMax - 1), "é".repeat(valueBytesMax / 2)]) {
      expect(valueText(value)).toMatchObject({ failure: { code: "TOO_LARGE" } });
    }
    expect(valueTextFrom(" ".repeat(bodyBytesMax + 1))).toMatchObject({
      failure: { code: "TOO_LARGE" },
    });
  });
});

test("a batch is 1 to 128 operations of at most 2 MiB together", () => {
  const operations = (count: number, value = "1") =>
    Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value }));
  expect(checkOperations([])?.code).toBe("INVALID_ARGUMENT");
  expect(checkOperations(operations(operationsMax))).toBeUndefined();
  expect(checkOperations(operations(operationsMax + 1))?.code).toBe("INVALID_ARGUMENT");
  expect(checkOperations([{ key: "" }])?.code).toBe("INVALID_ARGUMENT");
  expect(checkOperations(operations(3, "1".repeat(valueBytesMax)))?.code).toBe("TOO_LARGE");
});

test("a whole number lies in its range", () => {
  const range = { min: 1, max: 5 };
  for (const good of [1, 5]) expect(checkWhole(good, "quorum", range)).toBeUndefined();
  for (const bad of [0, 6, 1.5, Number.NaN, 2 ** 53]) {
    expect(checkWhole(bad, "quorum", range)?.code).toBe("INVALID_ARGUMENT");
  }
});
