/** Both storages are compared with the plainest model of the port, step by step, at random. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { everything, flushed, write } from "../../test/storage/support.ts";
import type { Storage } from "../node/ports.ts";
import { historyAfter } from "../replication/history.ts";
import {
  BLANK_HARD_STATE,
  EMPTY_HISTORY,
  type Entry,
  type History,
  type Operation,
  type StoreRecord,
} from "../replication/types.ts";
import { openDiskStorage } from "./disk/disk.ts";
import { createMemoryStorage } from "./memory/memory.ts";
import { digestOf } from "./standing.ts";

type Step =
  | { readonly type: "append"; readonly entries: readonly Entry[] }
  | { readonly type: "apply"; readonly operations: readonly (readonly Operation[])[] }
  | {
      readonly type: "commit";
      readonly operations: readonly (readonly Operation[])[];
      readonly atOnce: boolean;
    }
  | { readonly type: "compact"; readonly to: number }
  | {
      readonly type: "install";
      readonly to: number;
      readonly keys: readonly string[];
      readonly history: History | undefined;
    }
  | { readonly type: "restart" };

const keys = fc.oneof(
  fc.constantFrom("a", "b", "ab", "é", "\ue000", "😀", "__proto__"),
  fc
    .array(fc.constantFrom("\0", "a", "b", "é", "\uffff", "𐀀", "😀"), {
      minLength: 1,
      maxLength: 3,
    })
    .map((units) => units.join("")),
);
const operations = fc.array(
  fc.record({ key: keys, value: fc.option(fc.json(), { nil: undefined }) }),
  { maxLength: 5 },
);
const sequences = fc.nat({ max: 40 }).map((number) => number + 1);
/** At one sequence, epoch and origin name an entry: no applied one has the origin 0. */
const entries = fc.record({
  sequence: sequences,
  epoch: fc.integer({ min: 1, max: 4 }),
  origin: fc.constant(0),
  operations,
});
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("append" as const), entries: fc.array(entries, { maxLength: 6 }) }),
  fc.record({
    type: fc.constant("apply" as const),
    operations: fc.array(operations, { maxLength: 6 }),
  }),
  fc.record({
    type: fc.constant("commit" as const),
    operations: fc.array(operations, { maxLength: 6 }),
    atOnce: fc.boolean(),
  }),
  fc.record({ type: fc.constant("compact" as const), to: sequences }),
  fc.record({
    type: fc.constant("install" as const),
    to: sequences,
    keys: fc.uniqueArray(keys, { maxLength: 8 }),
    history: fc.constantFrom(undefined, "0123456789abcdef", "ffffffffffffffff"),
  }),
  fc.constant({ type: "restart" as const }),
);

/** The promises of the port, kept with maps and arrays alone. */
class Model {
  log = new Map<number, Entry>();
  store = new Map<string, StoreRecord>();
  applied = 0;
  /** Of all entries applied since the last install, added to the history installed. */
  history: History | undefined = EMPTY_HISTORY;
  compactedTo = 0;
  installs = 0;

  /**
   * Entries to apply. An install may go back to a sequence that was passed before: what is applied
   * there then is another entry, and the log may still have the one from before. Their origins tell
   * them apart.
   */
  next(operations: readonly (readonly Operation[])[]): Entry[] {
    return operations.map((list, index) => {
      const sequence = this.applied + 1 + index;
      return { sequence, epoch: 1, origin: 1 + this.installs, operations: list };
    });
  }

  append(entry: Entry): void {
    const present = this.log.get(entry.sequence);
    if (entry.sequence <= this.compactedTo || (present && present.epoch > entry.epoch)) return;
    this.log.set(entry.sequence, entry);
  }

  apply(entry: Entry): void {
    const { sequence, origin, operations } = entry;
    if (this.history !== undefined) this.history = historyAfter(this.history, [entry]);
    for (const { key, value } of operations) {
      if (value === undefined) this.store.delete(key);
      else this.store.set(key, { key, value, version: sequence, origin });
    }
    this.applied = sequence;
  }

  compact(to: number): void {
    this.compactedTo = Math.max(this.compactedTo, to);
    for (const sequence of this.log.keys()) if (sequence <= to) this.log.delete(sequence);
  }

  install(
    records: readonly StoreRecord[],
    { to: applied, history }: Extract<Step, { type: "install" }>,
  ): void {
    this.installs += 1;
    this.history = history;
    this.store = new Map(records.map((record) => [record.key, record]));
    this.applied = applied;
    this.compact(applied);
    this.compactedTo = applied;
  }

  records(): StoreRecord[] {
    const order = (key: string): Buffer => Buffer.from(key);
    return [...this.store.values()].sort((one, other) =>
      Buffer.compare(order(one.key), order(other.key)),
    );
  }

  logHistory(from: number, to: number): History | undefined {
    const range = this.entries().filter(({ sequence }) => sequence >= from && sequence <= to);
    const whole = range.length === Math.max(0, to - from + 1);
    return whole ? historyAfter(EMPTY_HISTORY, range) : undefined;
  }

  entries(): Entry[] {
    return [...this.log.values()].sort((one, other) => one.sequence - other.sequence);
  }
}

async function perform(step: Step, model: Model, storage: Storage): Promise<void> {
  if (step.type === "append") await write(storage, { append: step.entries });
  if (step.type === "apply") await write(storage, { apply: model.next(step.operations) });
  if (step.type === "commit") {
    const entries = model.next(step.operations);
    if (!step.atOnce) await write(storage, { append: entries });
    await write(storage, { append: step.atOnce ? entries : [], apply: entries });
  }
  if (step.type === "compact") await write(storage, { compactTo: step.to });
  if (step.type === "install") {
    const records = recordsOf(step);
    storage.incoming.begin();
    const half = records.length >> 1;
    for (const part of [records.slice(half), records.slice(0, half)]) {
      await flushed((done) => storage.incoming.add(part, done));
    }
    const { to: applied, history } = step;
    const end = { applied, digest: digestOf(records), history, hardState: BLANK_HARD_STATE };
    await flushed((done) => storage.incoming.install(end, done));
  }
}

function performOnModel(step: Step, model: Model): void {
  if (step.type === "append") for (const entry of step.entries) model.append(entry);
  if (step.type === "apply") {
    for (const entry of model.next(step.operations)) model.apply(entry);
  }
  if (step.type === "commit") {
    const entries = model.next(step.operations);
    for (const entry of entries) model.append(entry);
    for (const entry of entries) model.apply(entry);
  }
  if (step.type === "compact") model.compact(step.to);
  if (step.type === "install") model.install(recordsOf(step), step);
}

const recordsOf = (step: { to: number; keys: readonly string[] }): StoreRecord[] =>
  step.keys.map((key) => ({ key, value: "1", version: step.to, origin: 1 }));

function expectSame(storage: Storage, model: Model): void {
  const records = model.records();
  const log = model.entries();
  expect(everything(storage)).toEqual(records);
  expect(storage.list({ prefix: "", limit: 1000 })).toEqual(records);
  expect(storage.summary()).toEqual({
    applied: model.applied,
    digest: digestOf(records),
    history: model.history,
    keys: records.length,
  });
  expect(storage.readLog(0, { entriesMax: 1000, bytesMax: 1 << 24 })).toEqual(log);
  const bounds = { first: log[0]?.sequence ?? 0, last: log.at(-1)?.sequence ?? 0 };
  expect(storage.logBounds()).toEqual(bounds);
  for (let from = 1; from <= 41; from += 4)
    for (const to of [from - 1, from, from + 3])
      expect(storage.logHistory({ from, to })).toBe(model.logHistory(from, to));
  for (const record of records) expect(storage.get(record.key)).toEqual(record);
}

/**
 * A store is installed that stands lower than the log, and other entries are then applied where the
 * log still has some. A restart applies them again, with no checkpoint in between.
 */
const appliedAnew: Step[] = [
  { type: "commit", operations: [[], []], atOnce: true },
  { type: "install", to: 1, keys: [], history: undefined },
  { type: "apply", operations: [[{ key: "a", value: "1" }]] },
  { type: "restart" },
];

/** With the first bounds no checkpoint is ever due, with the second one after each step. */
const bounds = fc.constantFrom({}, { memtableBytesMax: 1, replayBytes: 1, logFileBytes: 1 });

test("after any steps both storages equal the model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 12 }), bounds, async (history, disksBounds) => {
      const directory = await mkdtemp(join(tmpdir(), "quorum-kv-property-"));
      const options = { directory, ...disksBounds };
      const memory = createMemoryStorage();
      let disk = await openDiskStorage(options);
      let isOpen = true;
      const model = new Model();
      try {
        for (const step of history) {
          if (step.type === "restart") {
            await disk.close();
            isOpen = false;
            disk = await openDiskStorage(options);
            isOpen = true;
          }
          for (const storage of [memory, disk]) await perform(step, model, storage);
          performOnModel(step, model);
          for (const storage of [memory, disk]) expectSame(storage, model);
        }
      } finally {
        // To close it twice would throw, and hide why it did not open.
        if (isOpen) await disk.close();
        await rm(directory, { recursive: true });
      }
    }),
    { numRuns: 200, examples: [[appliedAnew, {}]] },
  );
});
