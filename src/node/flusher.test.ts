import { expect, test } from "vitest";
import { entryOf } from "../../test/support/benches/samples.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { historyAfter } from "../replication/history.ts";
import { DEFAULT_LIMITS } from "../replication/limits.ts";
import { EMPTY_HISTORY, type Entry } from "../replication/types.ts";
import { MemoryState } from "../storage/memory/state.ts";
import { storageOver } from "../storage/memory/storage-over.ts";
import type { FlushJob } from "./flush-queue.ts";
import { Flusher } from "./flusher.ts";
import type { StoreSummary } from "./ports.ts";

/** Storage whose flushes end when the test says so, well or with a fault. */
function bench(
  retention = 1_000,
  logBytesMax = Number.MAX_SAFE_INTEGER,
  neededFrom: () => number = () => Number.POSITIVE_INFINITY,
) {
  const clock = new VirtualClock();
  const state = new MemoryState();
  const underWay: { end: (reason?: string) => void }[] = [];
  const storage = storageOver(state, (change, done) => {
    underWay.push({
      end: (reason) => {
        if (reason === undefined) change();
        done(reason === undefined ? undefined : { reason });
      },
    });
  });
  const told: string[] = [];
  const stores: StoreSummary[] = [];
  const flusher = new Flusher({
    storage,
    clock,
    retention,
    logBytesMax,
    neededFrom,
    limits: DEFAULT_LIMITS,
    events: {
      applied: (entries, store) => {
        told.push(`applied ${entries.length} to ${store.applied}`);
        stores.push(store);
      },
      fault: (reason) => told.push(`fault ${reason ?? "over"}`),
      between: () => {},
      flushed: () => {},
    },
  });
  const job = (name: string, append: readonly Entry[] = [], apply: readonly Entry[] = []) => {
    const flushed = () => told.push(`${name} flushed`);
    const batch: FlushJob = { type: "batch", append, apply, hardState: undefined, flushed };
    flusher.add(batch);
    flusher.kick();
  };
  const end = (reason?: string) => underWay.shift()?.end(reason);
  return { clock, state, flusher, told, stores, job, end, underWay };
}

test("what arrives during a flush gathers into the next one", () => {
  const { state, told, job, end, underWay } = bench();
  for (const at of [1, 2, 3]) job(`${at}`, [entryOf(at)]);
  expect(underWay).toHaveLength(1);
  end();
  expect(told).toEqual(["1 flushed"]);
  expect(state.logBounds.last).toBe(1);
  end();
  expect(told).toEqual(["1 flushed", "2 flushed", "3 flushed"]);
  expect(underWay).toHaveLength(0);
});

test("what was applied is told before the jobs that asked for it", () => {
  const { told, stores, state, job, end } = bench();
  job("a", [entryOf(1)], [entryOf(1)]);
  end();
  expect(told).toEqual(["applied 1 to 1", "a flushed"]);
  expect(stores).toEqual([state.summary]);
  expect(stores[0]?.history).toBe(historyAfter(EMPTY_HISTORY, [entryOf(1)]));
});

const applyOnly = (at: number): FlushJob => ({
  type: "batch",
  append: [],
  apply: [entryOf(at)],
  hardState: undefined,
  flushed: undefined,
});

test("what is only to be applied shares the next append's flush", () => {
  const { clock, flusher, told, job, end, underWay } = bench();
  job("1", [entryOf(1)]);
  end();
  flusher.add(applyOnly(1));
  flusher.kick();
  clock.advance(2);
  expect(underWay).toHaveLength(0);
  job("2", [entryOf(2)]);
  expect(underWay).toHaveLength(1);
  end();
  clock.advance(10);
  expect(told).toEqual(["1 flushed", "applied 1 to 1", "2 flushed"]);
});

test("what is only to be applied waits 3 ms at most, and not at all for a node that closes", () => {
  for (const passes of ["time", "closing"]) {
    const { clock, flusher, told, job, end } = bench();
    job("1", [entryOf(1)]);
    end();
    flusher.add(applyOnly(1));
    flusher.kick();
    if (passes === "time") clock.advance(3);
    else flusher.whenIdle(() => {});
    end();
    expect(told, passes).toEqual(["1 flushed", "applied 1 to 1"]);
  }
});

const { appliedOperationsMax } = DEFAULT_LIMITS;

/** Entries 1 to `count`, each of so many operations. */
const entriesOf = (count: number, operations: number): Entry[] =>
  Array.from({ length: count }, (_, at) => ({
    ...entryOf(at + 1),
    operations: Array.from({ length: operations }, (_, of) => ({ key: `k${of}`, value: "1" })),
  }));

test.each([
  { count: 3 * appliedOperationsMax + 1, operations: 1 },
  { count: 100, operations: 128 },
  { count: 3 * appliedOperationsMax + 1, operations: 0 },
  { count: 3, operations: appliedOperationsMax + 1 },
])(
  "$count entries of $operations operations are applied in order, by batches of a bounded size, and other events come between them",
  ({ count, operations }) => {
    const { clock, told, job, end, underWay } = bench();
    const entries = entriesOf(count, operations);
    job("appended", entries);
    end();
    job("applied", [], entries);
    const perBatch = Math.max(1, Math.floor(appliedOperationsMax / Math.max(1, operations)));
    const expected = ["appended flushed"];
    for (let applied = 0; applied < count; ) {
      const size = Math.min(perBatch, count - applied);
      applied += size;
      expected.push(`applied ${size} to ${applied}`);
      expect(underWay, `before ${applied}`).toHaveLength(1);
      end();
      // What is left fills a batch: it waits for the next turn of the event loop.
      const left = (count - applied) * Math.max(1, operations);
      if (left >= appliedOperationsMax) expect(underWay, `after ${applied}`).toHaveLength(0);
      clock.advance(0);
    }
    expect(told).toEqual([...expected, "applied flushed"]);
  },
);

test("jobs that each apply a little share a batch only up to its bound", () => {
  const { clock, told, job, end } = bench();
  const entries = entriesOf(40, 128);
  job("appended", entries);
  for (const entry of entries) job(`${entry.sequence}`, [], [entry]);
  const each = appliedOperationsMax / 128;
  for (let flush = 0; told.at(-1) !== "40 flushed"; flush += 1) {
    expect(flush).toBeLessThan(entries.length);
    end();
    clock.advance(0);
  }
  const applied = told.filter((line) => line.startsWith("applied"));
  expect(applied).toEqual([
    `applied ${each} to ${each}`,
    `applied ${each} to ${2 * each}`,
    `applied ${40 - 2 * each} to 40`,
  ]);
});

test("a node that closes while much is to be applied ends without it", () => {
  const { clock, flusher, told, job, end, underWay } = bench();
  const entries = entriesOf(3 * appliedOperationsMax, 1);
  job("appended", entries);
  end();
  job("applied", [], entries);
  end();
  flusher.close();
  clock.advance(10);
  expect(underWay).toHaveLength(0);
  expect(told).toEqual([
    "appended flushed",
    `applied ${appliedOperationsMax} to ${appliedOperationsMax}`,
  ]);
});

test("whoever waits for the end of all flushes waits for all that is to be applied", () => {
  const { clock, flusher, told, job, end, underWay } = bench();
  const entries = entriesOf(2 * appliedOperationsMax + 1, 1);
  job("appended", entries);
  end();
  job("applied", [], entries);
  flusher.whenIdle(() => told.push("idle"));
  while (underWay.length > 0) {
    end();
    clock.advance(0);
  }
  expect(told.slice(-3)).toEqual([`applied 1 to ${entries.length}`, "applied flushed", "idle"]);
});

test("a refused flush is tried again as it was, and nothing overtakes it", () => {
  const { clock, state, told, job, end, underWay } = bench();
  job("1", [entryOf(1)]);
  job("2", [entryOf(2)]);
  end("no space");
  expect(told).toEqual(["fault no space"]);
  expect(underWay).toHaveLength(0);
  clock.advance(500);
  end("no space");
  clock.advance(500);
  end();
  end();
  expect(told).toEqual(["fault no space", "fault over", "1 flushed", "2 flushed"]);
  expect(state.logBounds.last).toBe(2);
});

test("whoever waits for the end of all flushes is told when storage refuses, too", () => {
  const { flusher, told, job, end } = bench();
  flusher.whenIdle(() => told.push("idle"));
  job("1", [entryOf(1)]);
  flusher.whenIdle(() => told.push("idle again"));
  end("no space");
  flusher.whenIdle(() => told.push("still"));
  expect(told).toEqual(["idle", "fault no space", "idle again", "still"]);
});

test("after closing nothing is told, and no retry is left", () => {
  const { clock, flusher, told, job, end } = bench();
  job("1", [entryOf(1)]);
  job("2", [entryOf(2)]);
  end("no space");
  flusher.close();
  expect(clock.pending).toBe(0);
  flusher.kick();
  expect(told).toEqual(["fault no space"]);
});

test("a flush that ends after closing tells nobody", () => {
  const { flusher, told, job, end } = bench();
  job("1", [entryOf(1)]);
  flusher.close();
  end();
  expect(told).toEqual([]);
});

test("the log below applied is bounded by the retention", () => {
  const { state, job, end } = bench(10);
  for (let at = 1; at <= 100; at += 1) {
    job(`${at}`, [entryOf(at)], [entryOf(at)]);
    end();
  }
  expect(state.logBounds.first).toBeGreaterThan(100 - 10 - 3);
  expect(state.logBounds.first).toBeLessThanOrEqual(100 - 10 + 1);
});

test("few large entries are forgotten as well, as soon as they are applied", () => {
  const large = (sequence: number): Entry => ({
    ...entryOf(sequence),
    operations: [{ key: "k", value: "v".repeat(1_000) }],
  });
  const { state, job, end } = bench(1_000, 10_000);
  for (let at = 1; at <= 40; at += 1) {
    const entries = [large(at)];
    job(`${at}`, entries, at <= 30 ? entries : []);
    end();
  }
  expect(state.logBounds).toEqual({ first: 31, last: 40 });
  expect(state.logBytes).toBeLessThan(12_000);
});

test("what a follower will be sent next is kept, up to four times of what is kept usually", () => {
  let neededFrom = 5;
  const { state, job, end } = bench(10, Number.MAX_SAFE_INTEGER, () => neededFrom);
  const write = (from: number, to: number) => {
    for (let at = from; at <= to; at += 1) {
      job(`${at}`, [entryOf(at)], [entryOf(at)]);
      end();
    }
  };
  write(1, 40);
  expect(state.logBounds.first).toBeLessThanOrEqual(5);
  write(41, 100);
  expect(state.logBounds.first).toBeGreaterThan(100 - 40 - 3);
  neededFrom = 90;
  write(101, 110);
  expect(state.logBounds.first).toBeGreaterThan(86);
  expect(state.logBounds.first).toBeLessThanOrEqual(90);
});

test("storage that refuses amid much that is to be applied is asked again, and nothing overtakes what is left", () => {
  const { clock, flusher, told, job, end, underWay } = bench();
  const entries = entriesOf(2 * appliedOperationsMax, 1);
  job("appended", entries);
  end();
  job("applied", [], entries);
  end();
  job("next", [entryOf(entries.length + 1)]);
  clock.advance(0);
  end("no space left");
  expect(flusher.fault).toBe("no space left");
  clock.advance(500);
  expect(underWay).toHaveLength(1);
  end();
  expect(flusher.fault).toBeUndefined();
  expect(told).toEqual([
    "appended flushed",
    `applied ${appliedOperationsMax} to ${appliedOperationsMax}`,
    "fault no space left",
    "fault over",
    `applied ${appliedOperationsMax} to ${entries.length}`,
    "applied flushed",
    "next flushed",
  ]);
});
