import { expect, test } from "vitest";
import { EMPTY_HISTORY } from "../../../src/replication/types.ts";
import { digestOf } from "../../../src/storage/standing.ts";
import {
  type Current,
  emptyDigest,
  entry,
  everything,
  historyOf,
  put,
  puts,
  type Restart,
  write,
} from "../support.ts";

/** The promises about the applied store. */
export function testStore(current: Current, restart: Restart): void {
  test("a record carries the sequence and origin of the entry that wrote it", async () => {
    const written = { sequence: 1, epoch: 6, origin: 4, operations: [put("a", '{"n":1}')] };
    await write(current(), { apply: [written] });
    expect(current().get("a")).toEqual({ key: "a", value: '{"n":1}', version: 1, origin: 4 });
  });

  test("operations of one entry are applied in order, also on one key", async () => {
    const operations = [put("a", "1"), { key: "a" }, put("b", "1"), put("b", "2"), { key: "c" }];
    const all = entry(1, [...operations, put("d", "1"), { key: "d" }]);
    await write(current(), { apply: [all] });
    const records = everything(current());
    expect(records).toEqual([{ key: "b", value: "2", version: 1, origin: 1 }]);
    const sums = { digest: digestOf(records), history: historyOf(all) };
    expect(current().summary()).toEqual({ applied: 1, ...sums, keys: 1 });
  });

  test("the digest does not depend on history and returns to empty", async () => {
    const first = [entry(1, [put("a"), put("b")]), entry(2, [{ key: "a" }])];
    const second = [entry(3, [{ key: "b" }]), entry(4, [])];
    await write(current(), { apply: first });
    expect(current().summary().digest).toBe(digestOf(everything(current())));
    await write(current(), { apply: second });
    const sums = { digest: emptyDigest, history: historyOf(...first, ...second) };
    expect(current().summary()).toEqual({ applied: 4, ...sums, keys: 0 });
  });

  test("the history counts every entry applied, no-ops too, in whatever batches", async () => {
    const entries = [3, 3, 7, 7, 9].map((origin, at) => ({ ...entry(at + 1, [], 9), origin }));
    await write(current(), { append: entries });
    expect(current().summary().history).toBe(EMPTY_HISTORY);
    for (const [from, to] of [
      [0, 1],
      [1, 4],
      [4, 5],
    ]) {
      await write(current(), { apply: entries.slice(from, to) });
      const sum = historyOf(...entries.slice(0, to));
      expect(current().summary().history).toBe(sum);
      const copy = current().copy();
      expect(copy.history).toBe(sum);
      copy.close();
      if (await restart()) expect(current().summary().history).toBe(sum);
    }
  });

  test("keys of 1024 bytes and values of 1 MiB are kept", async () => {
    const keys = ["k".repeat(1024), "😀".repeat(256), "€".repeat(341), "__proto__"];
    const value = JSON.stringify("é".repeat(524_287));
    await write(current(), {
      apply: [entry(1, puts(keys, value))],
    });
    await restart();
    for (const key of keys) expect(current().get(key)?.value === value).toBe(true);
    expect(current().get("k".repeat(1025))).toBeUndefined();
    expect(current().get("")).toBeUndefined();
    expect(current().summary().digest).toBe(digestOf(everything(current())));
  });

  test("applying does not need the log, and compaction does not touch the store", async () => {
    await write(current(), { apply: [entry(1, [put("a")])], compactTo: 1 });
    expect(current().logBounds()).toEqual({ first: 0, last: 0 });
    expect(current().get("a")?.version).toBe(1);
  });
}
