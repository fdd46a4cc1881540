import { expect, test } from "vitest";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import { RecordTable } from "../../storage/memory/record-table.ts";
import { recordKeyOf } from "../hidden-keys.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { Entry, Instant, Sequence } from "../types.ts";
import { Overlay } from "./overlay.ts";
import { Remembered } from "./remembered.ts";

/** A leader that applies what it proposes at once, unless told otherwise. */
class Bench {
  readonly table = new RecordTable();
  readonly overlay = new Overlay();
  readonly remembered: Remembered;
  now: Instant = 0;
  last: Sequence = 0;
  applied: Sequence = 0;

  constructor(limits: Partial<Limits> = {}) {
    const store = {
      get: (key: string) => this.table.get(key),
      list: (query: Parameters<RecordTable["list"]>[0]) => this.table.list(query),
      copy: () => {
        throw new Error("nothing is copied");
      },
    };
    this.remembered = new Remembered(store, { ...DEFAULT_LIMITS, ...limits });
  }

  /** The idempotency keys that the entry of a write with this key forgets. */
  write(key: string, applies = true): readonly string[] {
    const how = { quorum: 1, now: this.now, applied: this.applied };
    const wished = this.remembered.operations({ key, request: `r ${key}` }, how);
    this.last += 1;
    const entry = entryOf(this.last, [put("a"), ...wished]);
    this.overlay.propose(entry, false);
    this.remembered.note(entry, this.now);
    if (applies) this.apply(entry);
    return wished.flatMap(({ key: hidden, value }) =>
      value === undefined ? [hidden.slice(recordKeyOf("").length)] : [],
    );
  }

  apply(entry: Entry): void {
    const { sequence: version, origin } = entry;
    for (const { key, value } of entry.operations)
      if (value === undefined) this.table.delete(key);
      else this.table.put({ key, value, version, origin });
    this.overlay.settle(entry);
    this.overlay.applied(entry);
    this.applied = version;
  }

  find(key: string, request = `r ${key}`) {
    return this.remembered.find({ key, request }, this.overlay);
  }

  lead(): void {
    this.remembered.begin(this.overlay, this.now);
  }
}

test("a write is found by its key from its proposal on, and its key belongs to nothing else", () => {
  const bench = new Bench();
  bench.lead();
  expect(bench.find("k")).toBeUndefined();
  bench.write("k", false);
  expect(bench.find("k")).toEqual({ sequence: 1, quorum: 1 });
  expect(bench.find("k", "other")).toEqual({ reason: "keyReused", key: "k", after: 1 });
  bench.write("l");
  expect(bench.find("l")).toEqual({ sequence: 2, quorum: 1 });
  expect(bench.find("l", "other")).toEqual({ reason: "keyReused", key: "l", after: 0 });
});

test("nothing is forgotten before its time, and then four for each write, the oldest first", () => {
  const bench = new Bench({ rememberMs: 1_000 });
  bench.lead();
  for (const key of ["a", "b", "c", "d", "e", "f"]) expect(bench.write(key)).toEqual([]);
  bench.now = 999;
  expect(bench.write("g")).toEqual([]);
  bench.now = 1_000;
  expect(bench.write("h")).toEqual(["a", "b", "c", "d"]);
  expect(bench.find("a")).toBeUndefined();
  expect(bench.write("i")).toEqual(["e", "f"]);
  expect(bench.write("j")).toEqual([]);
  bench.now = 1_999;
  expect(bench.write("k")).toEqual(["g"]);
});

test("beyond the bound the oldest are forgotten early, but none that is not applied", () => {
  const bench = new Bench({ rememberedMax: 3 });
  bench.lead();
  for (const key of ["a", "b", "c"]) expect(bench.write(key)).toEqual([]);
  expect(bench.write("d")).toEqual(["a"]);
  expect(bench.write("e", false)).toEqual(["b"]);
  expect(bench.write("f", false)).toEqual(["c"]);
  expect(bench.write("g", false)).toEqual(["d"]);
  expect(bench.write("h", false)).toEqual([]);
});

test("a new leader finds what others remembered, in the order in which it was written", () => {
  const bench = new Bench({ rememberMs: 1_000 });
  const keys = Array.from({ length: 2_500 }, (_, index) => `k${index}`);
  const shuffled = [
    ...keys.filter((_, at) => at % 2 === 0),
    ...keys.filter((_, at) => at % 2 === 1),
  ];
  bench.lead();
  for (const key of shuffled) bench.write(key);
  const next = new Bench({ rememberMs: 1_000 });
  for (const record of bench.table.list({ prefix: "", limit: 10_000 })) next.table.put(record);
  next.last = next.applied = bench.last;
  next.now = 5_000;
  next.lead();
  next.now = 6_000;
  expect(next.write("early")).toEqual([]);
  for (let pages = 0; pages < 2; pages += 1) next.remembered.scanOn(next.overlay);
  expect(next.write("late")).toEqual(shuffled.slice(0, 4));
  expect(next.find(shuffled.at(-1) ?? "")).toEqual({ sequence: 2_500, quorum: 1 });
});

test("what an earlier version stored under such a key belongs to no request", () => {
  const bench = new Bench();
  for (const [at, value] of ["1", "null", "[]", '{"request":1}'].entries())
    bench.table.put({ key: recordKeyOf(`k${at}`), value, version: 1, origin: 1 });
  bench.lead();
  for (let at = 0; at < 4; at += 1) expect(bench.find(`k${at}`)).toMatchObject({ after: 0 });
});
