import { describe, expect, test } from "vitest";
import { keyBytesMax, operationsMax, valueBytesMax } from "../../src/request-limits.ts";
import { checkKey, checkKeyPart, checkOperations, checkWhole } from "./checks.ts";

describe("a key", () => {
  test("is 1 to 1024 bytes of UTF-8", () => {
    expect(checkKey("")?.code).toBe("INVALID_ARGUMENT");
    expect(checkKey("k")).toBeUndefined();
    expect(checkKey("é".repeat(keyBytesMax / 2))).toBeUndefined();
    expect(checkKey("é".repeat(keyBytesMax / 2 + 1))?.code).toBe("TOO_LARGE");
  });

  test("may be any well-formed text that does not begin with U+0000, and nothing else", () => {
    for (const key of ["__proto__", "a\u0000", " ", "😀"]) expect(checkKey(key)).toBeUndefined();
    for (const key of ["\u0000", "\u0000a"]) expect(checkKey(key)?.code).toBe("INVALID_ARGUMENT");
    expect(checkKey("a\ud800")?.code).toBe("INVALID_ARGUMENT");
  });

  test("may be empty where it is only a prefix", () => {
    expect(checkKeyPart("", "prefix")).toBeUndefined();
    expect(checkKeyPart("\udc00", "prefix")?.detail).toContain("prefix");
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

describe("a batch with one key twice", () => {
  const put = (ifVersion?: number) => ({ key: "k", value: "1", ifVersion });
  const remove = (ifVersion?: number) => ({ key: "k", ifVersion });

  test("may put it twice, put what it has deleted, and delete what it has put", () => {
    const other = { key: "other", value: "1", ifVersion: 0 };
    for (const pair of [
      [put(0), put()],
      [put(3), other, remove()],
      [remove(3), put(0)],
      [remove(), put()],
      [put(), put(), remove(), put(0)],
    ]) {
      expect(checkOperations(pair)).toBeUndefined();
    }
  });

  test("is refused where the second operation can never be carried out, and says why", () => {
    for (const [pair, detail] of [
      [[put(0), put(0)], "Operation 1: it asks for version 0, but operation 0 of this batch puts"],
      [
        [put(), remove(7)],
        "Operation 1: it asks for version 7, but operation 0 of this batch puts",
      ],
      [[remove(), put(7)], "it asks for version 7, but operation 0 of this batch deletes"],
      [[remove(), remove()], "it deletes the key, but operation 0 of this batch deletes"],
    ] as const) {
      expect(checkOperations(pair)).toMatchObject({
        code: "INVALID_ARGUMENT",
        detail: expect.stringContaining(`${detail} key "k".`),
      });
    }
  });
});

test("a whole number lies in its range", () => {
  const range = { min: 1, max: 5 };
  for (const good of [1, 5]) expect(checkWhole(good, "quorum", range)).toBeUndefined();
  for (const bad of [0, 6, 1.5, Number.NaN, 2 ** 53]) {
    expect(checkWhole(bad, "quorum", range)?.code).toBe("INVALID_ARGUMENT");
  }
});
