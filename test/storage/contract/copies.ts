import { expect, test } from "vitest";
import { digestOf } from "../../../src/storage/standing.ts";
import { type Current, entry, everything, keysOf, put, puts, write } from "../support.ts";

/** The promises about copies of the store. */
export function testCopies(current: Current): void {
  test("a copy stays as it was, whatever is written meanwhile", async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key${index}`);
    await write(current(), {
      apply: [entry(1, puts(keys))],
    });
    const before = everything(current());
    const copy = current().copy();
    const removals = keys.slice(0, 150).map((key) => ({ key }));
    await write(current(), { apply: [entry(2, [...removals, put("new"), put("key299", "9")])] });
    await write(current(), { apply: [entry(3, [put("newer")])] });
    expect(copy.page(undefined, 1 << 20)).toEqual(before);
    expect(copy).toMatchObject({ applied: 1, digest: digestOf(before) });
    copy.close();
    expect(current().summary().digest).toBe(digestOf(everything(current())));
  });

  test("a page has about the size asked for and at least one record; at the end it is empty", async () => {
    const value = JSON.stringify("x".repeat(1000));
    const keys = ["a", "b", "c", "d", "e"];
    await write(current(), {
      apply: [entry(1, puts(keys, value))],
    });
    const copy = current().copy();
    expect(keysOf(copy.page(undefined, 1))).toEqual(["a"]);
    expect(keysOf(copy.page("a", 2500))).toEqual(["b", "c"]);
    expect(keysOf(copy.page("c", 1 << 20))).toEqual(["d", "e"]);
    expect(copy.page("e", 1 << 20)).toEqual([]);
    copy.close();
  });

  test("a copy may be closed twice, and is not read after that", async () => {
    const [first, second] = [current().copy(), current().copy()];
    first.close();
    first.close();
    expect(second.page(undefined, 100)).toEqual([]);
    expect(() => first.page(undefined, 100)).toThrow("closed");
    second.close();
  });

  test("a copy left open does not keep the storage from closing", async () => {
    current().copy();
    await write(current(), { apply: [entry(1, [put("a")])] });
    current().copy();
  });
}
