import { expect, test } from "vitest";
import {
  type Current,
  compareUtf8,
  entry,
  everything,
  inByteOrder,
  keysOf,
  puts,
  trickyKeys,
  write,
} from "../support.ts";

/** The promises about lists. */
export function testLists(current: Current): void {
  const fill = (keys: readonly string[]): Promise<void> =>
    write(current(), {
      apply: [entry(1, puts(keys, "1"))],
    });

  test("keys are listed in the order of their UTF-8 bytes", async () => {
    await fill(trickyKeys);
    const listed = keysOf(current().list({ prefix: "", limit: 100 }));
    expect(listed).toEqual(inByteOrder(trickyKeys));
    expect(listed).not.toEqual([...trickyKeys].sort());
    expect(keysOf(everything(current()))).toEqual(listed);
  });

  test("a list can continue after every key, whether the key is there or not", async () => {
    const keys = inByteOrder(trickyKeys);
    await fill(keys.filter((_, index) => index % 2 === 0));
    for (const after of [...keys, "", "zzz"]) {
      const expected = keys.filter((key, index) => index % 2 === 0 && compareUtf8(key, after) > 0);
      expect(keysOf(current().list({ prefix: "", after, limit: 100 }))).toEqual(expected);
    }
  });

  test("a prefix selects exactly the keys that start with it", async () => {
    await fill(["a", "ab", "ab\u0000", "abc", "ab😀", "ab\uffff", "ac", "b", "😀a", "😀"]);
    const list = (prefix: string, after?: string): string[] =>
      keysOf(current().list({ prefix, after, limit: 100 }));
    expect(list("ab")).toEqual(["ab", "ab\u0000", "abc", "ab\uffff", "ab😀"]);
    expect(list("ab", "a")).toEqual(list("ab"));
    expect(list("ab", "abc")).toEqual(["ab\uffff", "ab😀"]);
    expect(list("ab", "b")).toEqual([]);
    expect(list("😀")).toEqual(["😀", "😀a"]);
    expect(list("x")).toEqual([]);
    expect(list("k".repeat(2000))).toEqual([]);
  });

  test("the pages of a list make up the whole list", async () => {
    const keys = Array.from({ length: 257 }, (_, index) => `key${index}`);
    await fill(keys);
    const listed: string[] = [];
    for (;;) {
      const page = keysOf(current().list({ prefix: "key", after: listed.at(-1), limit: 10 }));
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(10);
      listed.push(...page);
    }
    expect(listed).toEqual(inByteOrder(keys));
  });
}
