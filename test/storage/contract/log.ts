import { expect, test } from "vitest";
import { EMPTY_HISTORY, type Operation, type Sequence } from "../../../src/replication/types.ts";
import {
  type Current,
  enough,
  entry,
  historyOf,
  put,
  type Restart,
  sequencesOf,
  write,
} from "../support.ts";

/** The promises about the log. */
export function testLog(current: Current, restart: Restart): void {
  test("an entry is read as it was written", async () => {
    const operations: Operation[] = [
      put("plain"),
      { key: "gone" },
      { key: "on a condition", value: "{}", condition: { version: 2 ** 40, origin: 9 } },
      { key: "gone on a condition", condition: { version: 0, origin: 0 } },
      put("😀", '"\u0000 é 😀"'),
    ];
    const written = { sequence: 2 ** 45, epoch: 2 ** 35, origin: 4, operations };
    await write(current(), { append: [written] });
    expect(current().readLog(1, enough)).toEqual([written]);
  });

  test("entries arrive in any order, are read in order, and holes are left out", async () => {
    await write(current(), { append: [entry(9, []), entry(3, [])] });
    await write(current(), { append: [entry(5, []), entry(300, [])] });
    expect(sequencesOf(current().readLog(0, enough))).toEqual([3, 5, 9, 300]);
    expect(sequencesOf(current().readLog(4, enough))).toEqual([5, 9, 300]);
    expect(current().logBounds()).toEqual({ first: 3, last: 300 });
  });

  test("a higher or equal epoch overwrites, a lower one is ignored", async () => {
    await write(current(), { append: [entry(1, [put("a")], 5)] });
    await write(current(), { append: [entry(1, [put("lower")], 4)] });
    expect(current().readLog(1, enough)).toEqual([entry(1, [put("a")], 5)]);
    await write(current(), { append: [entry(1, [put("equal")], 5)] });
    expect(current().readLog(1, enough)).toEqual([entry(1, [put("equal")], 5)]);
    const both = [entry(1, [put("higher")], 7), entry(1, [put("between")], 6)];
    await write(current(), { append: both });
    expect(current().readLog(1, enough)).toEqual([entry(1, [put("higher")], 7)]);
  });

  test("reading is limited in entries and bytes, but gives at least one entry", async () => {
    const value = JSON.stringify("x".repeat(10_000));
    await write(current(), { append: [1, 2, 3].map((number) => entry(number, [put("k", value)])) });
    const read = (entriesMax: number, bytesMax: number): Sequence[] =>
      sequencesOf(current().readLog(1, { entriesMax, bytesMax }));
    expect(read(2, 1 << 20)).toEqual([1, 2]);
    expect(read(10, 25_000)).toEqual([1, 2]);
    expect(read(10, 1)).toEqual([1]);
  });

  test("compacted entries are gone, stay gone, and the bounds follow", async () => {
    await write(current(), { append: [1, 2, 4, 8].map((number) => entry(number, [])) });
    await write(current(), { compactTo: 2 });
    expect(current().logBounds()).toEqual({ first: 4, last: 8 });
    await write(current(), { append: [entry(2, []), entry(5, [])], compactTo: 1 });
    expect(sequencesOf(current().readLog(1, enough))).toEqual([4, 5, 8]);
    await write(current(), { append: [entry(6, [])], compactTo: 20 });
    expect(current().logBounds()).toEqual({ first: 0, last: 0 });
    expect(current().readLog(1, enough)).toEqual([]);
    await write(current(), { append: [entry(20, []), entry(21, [])] });
    expect(current().logBounds()).toEqual({ first: 21, last: 21 });
    await restart();
    expect(sequencesOf(current().readLog(1, enough))).toEqual([21]);
  });

  test("the history of a range is the sum over its entries, and needs all of them", async () => {
    const entries = [2, 3, 4, 6].map((number) => entry(number, [put(`key ${number}`)], number));
    await write(current(), { append: entries });
    const expectSums = (): void => {
      const [two, three, four, six] = entries.map((each) => historyOf(each));
      const of = (from: Sequence, to: Sequence) => current().logHistory({ from, to });
      expect([of(2, 2), of(3, 3), of(4, 4), of(6, 6)]).toEqual([two, three, four, six]);
      expect(of(2, 4)).toBe(historyOf(...entries.slice(0, 3)));
      expect([of(4, 3), of(9, 8), of(1, 0)]).toEqual(Array(3).fill(EMPTY_HISTORY));
      for (const [from, to] of [
        [1, 2],
        [2, 6],
        [4, 5],
        [5, 6],
        [6, 7],
        [7, 9],
        [6, Number.MAX_SAFE_INTEGER],
      ] as const)
        expect(of(from, to), `${from} to ${to}`).toBeUndefined();
    };
    expectSums();
    if (await restart()) expectSums();
    const other = { ...entry(3, [], 9), origin: 5 };
    await write(current(), { append: [other], compactTo: 2 });
    expect(current().logHistory({ from: 3, to: 3 })).toBe(historyOf(other));
    expect(current().logHistory({ from: 2, to: 3 })).toBeUndefined();
  });

  test("its bytes are those of the entries it holds, also after a restart", async () => {
    expect(current().logBytes()).toBe(0);
    const large = put("k", JSON.stringify("x".repeat(10_000)));
    await write(current(), { append: [entry(1, [large]), entry(2, [large]), entry(3, [large])] });
    const three = current().logBytes();
    expect(three).toBeGreaterThan(30_000);
    expect(three).toBeLessThan(31_000);
    await write(current(), { append: [entry(3, [large], 2)], compactTo: 1 });
    expect(current().logBytes()).toBe((three / 3) * 2);
    if (await restart()) expect(current().logBytes()).toBe((three / 3) * 2);
    await write(current(), { compactTo: 3 });
    expect(current().logBytes()).toBe(0);
  });

  test("many entries can be compacted at once", async () => {
    const entries = Array.from({ length: 3000 }, (_, index) => entry(index + 1, []));
    await write(current(), { append: entries });
    await write(current(), { compactTo: 2990 });
    expect(current().logBounds()).toEqual({ first: 2991, last: 3000 });
    expect(current().readLog(1, enough)).toHaveLength(10);
    for (let turn = 0; turn < 8; turn += 1) await write(current(), {});
    await restart();
    expect(current().logBounds()).toEqual({ first: 2991, last: 3000 });
    expect(current().readLog(1, enough)).toHaveLength(10);
  });
}
