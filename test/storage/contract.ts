/** What every implementation of the Storage port keeps. Tests run it with a factory of theirs. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Storage, StorageBatch } from "../../src/node/ports.ts";
import { historyAfter } from "../../src/replication/history.ts";
import {
  BLANK_HARD_STATE,
  EMPTY_DIGEST,
  EMPTY_HISTORY,
  type Entry,
  type HardState,
  type History,
  type Operation,
  type Sequence,
  type StoreRecord,
} from "../../src/replication/types.ts";
import { compareBytes } from "../../src/storage/order.ts";
import { digestOf } from "../../src/storage/standing.ts";

/** Opens an empty storage, and `reopen` where the same data can be opened again. */
export interface Subject {
  open(): Promise<Storage>;
  reopen: (() => Promise<Storage>) | undefined;
  dispose(): Promise<void>;
}

export const ENOUGH = { entriesMax: 1000, bytesMax: 1 << 20 };
const EMPTY: StorageBatch = { append: [], apply: [] };

export const write = (storage: Storage, batch: Partial<StorageBatch>): Promise<void> =>
  flushed((done) => storage.write({ ...EMPTY, ...batch }, done));

export const flushed = (begin: (done: Parameters<Storage["write"]>[1]) => void): Promise<void> =>
  new Promise((resolve, reject) =>
    begin((fault) => (fault ? reject(new Error(fault.reason)) : resolve())),
  );

export const entry = (sequence: Sequence, operations: Operation[], epoch = 1): Entry => ({
  sequence,
  epoch,
  origin: epoch,
  operations,
});

export const put = (key: string, value = `"${key}"`): Operation => ({ key, value });

export const everything = (storage: Storage): readonly StoreRecord[] => {
  const copy = storage.copy();
  const records = copy.page(undefined, Number.POSITIVE_INFINITY);
  copy.close();
  return records;
};

/** The sum over these entries alone. */
const historyOf = (...entries: readonly Entry[]): History => historyAfter(EMPTY_HISTORY, entries);

const sequencesOf = (entries: readonly Entry[]): Sequence[] =>
  entries.map(({ sequence }) => sequence);
const keysOf = (records: readonly StoreRecord[]): string[] => records.map(({ key }) => key);

/** Keys whose order by UTF-16 units is not the order of their bytes, among others. */
const TRICKY_KEYS = ["😀", "\uffee", "\ue000", "𐀀", "é", "e\u0301", "e", "é́", "\u0000", "\u007f"];
const inByteOrder = (keys: readonly string[]): string[] =>
  [...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

export function storageContract(name: string, createSubject: () => Subject): void {
  describe(`${name} keeps the storage contract`, () => {
    let subject: Subject;
    let storage: Storage;
    beforeEach(async () => {
      subject = createSubject();
      storage = await subject.open();
    });
    afterEach(async () => {
      await storage.close();
      await subject.dispose();
    });
    const current = (): Storage => storage;
    const restart = async (): Promise<boolean> => {
      if (!subject.reopen) return false;
      await storage.close();
      storage = await subject.reopen();
      return true;
    };
    describe("hardState and writes", () => testWrites(current));
    describe("log", () => testLog(current, restart));
    describe("store", () => testStore(current, restart));
    describe("lists", () => testLists(current));
    describe("copies", () => testCopies(current));
    describe("incoming store", () => testIncoming(current, restart));
    describe("restart", () => testRestart(current, restart));
  });
}

type Current = () => Storage;
type Restart = () => Promise<boolean>;

const HARD_STATE: HardState = {
  promisedEpoch: 7,
  promisedLeader: "leader",
  ledEpoch: 3,
  blank: false,
  floor: { epoch: 7, number: 2, quorum: 3, over: 4 },
  committed: 12,
  members: [{ id: "leader", url: "http://a", peerUrl: "http://b" }],
};

function testWrites(current: Current): void {
  test("an empty disk has blank hardState, an empty log and an empty store", () => {
    const storage = current();
    expect(storage.hardState()).toEqual(BLANK_HARD_STATE);
    const nothing = { digest: EMPTY_DIGEST, history: EMPTY_HISTORY };
    expect(storage.summary()).toEqual({ applied: 0, ...nothing, keys: 0 });
    expect(storage.logBounds()).toEqual({ first: 0, last: 0 });
    expect(storage.readLog(1, ENOUGH)).toEqual([]);
    expect(storage.get("a")).toBeUndefined();
    expect(storage.list({ prefix: "", limit: 10 })).toEqual([]);
    expect(everything(storage)).toEqual([]);
  });

  test("hardState stay those last flushed; a batch without hardState leaves them", async () => {
    await write(current(), { hardState: HARD_STATE });
    await write(current(), { append: [entry(1, [])] });
    expect(current().hardState()).toEqual(HARD_STATE);
  });

  test("done is called after write returns, never inside it", async () => {
    let returned = false;
    const done = flushed((called) =>
      current().write(EMPTY, (fault) => {
        expect(returned).toBe(true);
        called(fault);
      }),
    );
    returned = true;
    await done;
  });

  test("writes given without waiting are flushed in their order", async () => {
    const order: number[] = [];
    const batch = (number: number): Promise<void> =>
      write(current(), { apply: [entry(number, [put("key", String(number))])] }).then(() => {
        order.push(number);
      });
    await Promise.all([1, 2, 3, 4].map(batch));
    expect(order).toEqual([1, 2, 3, 4]);
    expect(current().get("key")?.value).toBe("4");
  });

  test("one batch appends, applies, hardState and forgets, in that order", async () => {
    const entries = [1, 2, 3].map((number) => entry(number, [put("key", String(number))]));
    await write(current(), {
      append: entries,
      apply: entries,
      hardState: HARD_STATE,
      compactTo: 2,
    });
    expect(sequencesOf(current().readLog(1, ENOUGH))).toEqual([3]);
    expect(current().summary().applied).toBe(3);
    expect(current().hardState()).toEqual(HARD_STATE);
  });
}

function testLog(current: Current, restart: Restart): void {
  test("an entry comes back as it was put", async () => {
    const operations: Operation[] = [
      put("plain"),
      { key: "gone" },
      { key: "on a condition", value: "{}", condition: { version: 2 ** 40, origin: 9 } },
      { key: "gone on a condition", condition: { version: 0, origin: 0 } },
      put("😀", '"\u0000 é 😀"'),
    ];
    const written = { sequence: 2 ** 45, epoch: 2 ** 35, origin: 4, operations };
    await write(current(), { append: [written] });
    expect(current().readLog(1, ENOUGH)).toEqual([written]);
  });

  test("entries arrive in any order, are read in order, and holes are left out", async () => {
    await write(current(), { append: [entry(9, []), entry(3, [])] });
    await write(current(), { append: [entry(5, []), entry(300, [])] });
    expect(sequencesOf(current().readLog(0, ENOUGH))).toEqual([3, 5, 9, 300]);
    expect(sequencesOf(current().readLog(4, ENOUGH))).toEqual([5, 9, 300]);
    expect(current().logBounds()).toEqual({ first: 3, last: 300 });
  });

  test("a higher or equal epoch overwrites, a lower one is ignored", async () => {
    await write(current(), { append: [entry(1, [put("a")], 5)] });
    await write(current(), { append: [entry(1, [put("lower")], 4)] });
    expect(current().readLog(1, ENOUGH)).toEqual([entry(1, [put("a")], 5)]);
    await write(current(), { append: [entry(1, [put("equal")], 5)] });
    expect(current().readLog(1, ENOUGH)).toEqual([entry(1, [put("equal")], 5)]);
    const both = [entry(1, [put("higher")], 7), entry(1, [put("between")], 6)];
    await write(current(), { append: both });
    expect(current().readLog(1, ENOUGH)).toEqual([entry(1, [put("higher")], 7)]);
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

  test("what is forgotten is gone, stays gone, and bounds follow", async () => {
    await write(current(), { append: [1, 2, 4, 8].map((number) => entry(number, [])) });
    await write(current(), { compactTo: 2 });
    expect(current().logBounds()).toEqual({ first: 4, last: 8 });
    await write(current(), { append: [entry(2, []), entry(5, [])], compactTo: 1 });
    expect(sequencesOf(current().readLog(1, ENOUGH))).toEqual([4, 5, 8]);
    await write(current(), { append: [entry(6, [])], compactTo: 20 });
    expect(current().logBounds()).toEqual({ first: 0, last: 0 });
    expect(current().readLog(1, ENOUGH)).toEqual([]);
    await write(current(), { append: [entry(20, []), entry(21, [])] });
    expect(current().logBounds()).toEqual({ first: 21, last: 21 });
    await restart();
    expect(sequencesOf(current().readLog(1, ENOUGH))).toEqual([21]);
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

  test("much can be forgotten at once", async () => {
    const entries = Array.from({ length: 3000 }, (_, index) => entry(index + 1, []));
    await write(current(), { append: entries });
    await write(current(), { compactTo: 2990 });
    expect(current().logBounds()).toEqual({ first: 2991, last: 3000 });
    expect(current().readLog(1, ENOUGH)).toHaveLength(10);
    for (let turn = 0; turn < 8; turn += 1) await write(current(), {});
    await restart();
    expect(current().logBounds()).toEqual({ first: 2991, last: 3000 });
    expect(current().readLog(1, ENOUGH)).toHaveLength(10);
  });
}

function testStore(current: Current, restart: Restart): void {
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
    const sums = { digest: EMPTY_DIGEST, history: historyOf(...first, ...second) };
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
      apply: [
        entry(
          1,
          keys.map((key) => put(key, value)),
        ),
      ],
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

function testLists(current: Current): void {
  const fill = (keys: readonly string[]): Promise<void> =>
    write(current(), {
      apply: [
        entry(
          1,
          keys.map((key) => put(key, "1")),
        ),
      ],
    });

  test("keys are listed in the order of their UTF-8 bytes", async () => {
    await fill(TRICKY_KEYS);
    const listed = keysOf(current().list({ prefix: "", limit: 100 }));
    expect(listed).toEqual(inByteOrder(TRICKY_KEYS));
    expect(listed).not.toEqual([...TRICKY_KEYS].sort());
    expect(keysOf(everything(current()))).toEqual(listed);
  });

  test("every key is a place to go on from, whether it is there or not", async () => {
    const keys = inByteOrder(TRICKY_KEYS);
    await fill(keys.filter((_, index) => index % 2 === 0));
    for (const after of [...keys, "", "zzz"]) {
      const expected = keys.filter((key, index) => index % 2 === 0 && compareBytes(key, after) > 0);
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

  test("pages of a list join to the whole of it", async () => {
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

function testCopies(current: Current): void {
  test("a copy stays as it was, whatever is written meanwhile", async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `key${index}`);
    await write(current(), {
      apply: [
        entry(
          1,
          keys.map((key) => put(key)),
        ),
      ],
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

  test("pages have about the asked size, at least one record, and none at the end", async () => {
    const value = JSON.stringify("x".repeat(1000));
    const keys = ["a", "b", "c", "d", "e"];
    await write(current(), {
      apply: [
        entry(
          1,
          keys.map((key) => put(key, value)),
        ),
      ],
    });
    const copy = current().copy();
    expect(keysOf(copy.page(undefined, 1))).toEqual(["a"]);
    expect(keysOf(copy.page("a", 2500))).toEqual(["b", "c"]);
    expect(keysOf(copy.page("c", 1 << 20))).toEqual(["d", "e"]);
    expect(copy.page("e", 1 << 20)).toEqual([]);
    copy.close();
  });

  test("closing twice is closing once, and a closed copy is not read", async () => {
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

const record = (key: string, version: Sequence, value = "1"): StoreRecord => ({
  key,
  value,
  version,
  origin: 1,
});

const receive = (storage: Storage, records: readonly StoreRecord[]): Promise<void> =>
  flushed((done) => storage.incoming.add(records, done));

/** The sum of the node that sent the store. */
const SENT: History = "0123456789abcdef";

const install = (
  storage: Storage,
  applied: Sequence,
  records: readonly StoreRecord[],
  history: History | undefined = SENT,
) =>
  flushed((done) =>
    storage.incoming.install(
      { applied, digest: digestOf(records), history, hardState: HARD_STATE },
      done,
    ),
  );

function testIncoming(current: Current, restart: Restart): void {
  const received = [record("a", 4), record("c", 6), record("😀", 5)];

  const begin = async (): Promise<readonly StoreRecord[]> => {
    const entries = [1, 2, 3].map((number) => entry(number, [put(`old${number}`)]));
    const append = [...entries, entry(7, []), entry(9, [])];
    await write(current(), { append, apply: entries });
    return everything(current());
  };

  test("it grows beside the present store and replaces it in one step", async () => {
    const before = await begin();
    const copy = current().copy();
    current().incoming.begin();
    await receive(current(), received.slice(0, 1));
    await receive(current(), received.slice(1));
    expect(everything(current())).toEqual(before);
    await install(current(), 7, received);
    for (let turn = 0; turn < 2; turn += 1) {
      expect(everything(current())).toEqual(received);
      const summary = { applied: 7, digest: digestOf(received), history: SENT, keys: 3 };
      expect(current().summary()).toEqual(summary);
      expect(current().hardState()).toEqual(HARD_STATE);
      expect(sequencesOf(current().readLog(1, ENOUGH))).toEqual([9]);
      expect(current().get("old1")).toBeUndefined();
      if (turn === 0) {
        expect(copy.page(undefined, 1 << 20)).toEqual(before);
        copy.close();
        if (!(await restart())) return;
      }
    }
  });

  test("the installed store goes on with the next entry", async () => {
    await begin();
    current().incoming.begin();
    await receive(current(), received);
    await install(current(), 7, received);
    const next = entry(8, [put("a", "2"), put("b", "2")]);
    await write(current(), { apply: [next] });
    expect(keysOf(everything(current()))).toEqual(["a", "b", "c", "😀"]);
    const digest = digestOf(everything(current()));
    const history = historyAfter(SENT, [next]);
    expect(current().summary()).toEqual({ applied: 8, digest, history, keys: 4 });
  });

  test("begin drops an unfinished one; writes go on meanwhile", async () => {
    await begin();
    current().incoming.begin();
    await receive(current(), [record("dropped", 2)]);
    await write(current(), { apply: [entry(4, [put("meanwhile")])] });
    current().incoming.begin();
    await receive(current(), received);
    await write(current(), { apply: [entry(5, [put("meanwhile too")])] });
    await receive(current(), [record("c", 6)]);
    expect(current().summary().keys).toBe(5);
    await install(current(), 7, received);
    expect(everything(current())).toEqual(received);
    expect(current().summary().digest).toBe(digestOf(received));
  });

  test("an unfinished one leaves no trace after a restart", async () => {
    const before = await begin();
    current().incoming.begin();
    await receive(current(), received);
    if (!(await restart())) return;
    expect(everything(current())).toEqual(before);
    current().incoming.begin();
    await receive(current(), [record("only", 5)]);
    await install(current(), 5, [record("only", 5)]);
    expect(keysOf(everything(current()))).toEqual(["only"]);
    expect(current().summary().keys).toBe(1);
  });

  test("an empty store can be installed, again and again", async () => {
    await begin();
    for (const applied of [7, 8]) {
      current().incoming.begin();
      await install(current(), applied, []);
      const sums = { digest: EMPTY_DIGEST, history: SENT };
      expect(current().summary()).toEqual({ applied, ...sums, keys: 0 });
      await write(current(), {});
    }
  });

  test("its history may be unknown, and stays so until one that is known arrives", async () => {
    await begin();
    const unknown = async (applied: Sequence): Promise<void> => {
      expect(current().summary()).toMatchObject({ applied, history: undefined });
      const copy = current().copy();
      expect(copy.history).toBeUndefined();
      copy.close();
    };
    current().incoming.begin();
    await receive(current(), received);
    await flushed((done) => {
      const end = {
        applied: 7,
        digest: digestOf(received),
        history: undefined,
        hardState: HARD_STATE,
      };
      current().incoming.install(end, done);
    });
    await unknown(7);
    await write(current(), { append: [entry(8, [])], apply: [entry(8, [])] });
    await unknown(8);
    if (await restart()) await unknown(8);
    await write(current(), { apply: [entry(9, [put("a")])] });
    await unknown(9);
    current().incoming.begin();
    await install(current(), 10, []);
    await write(current(), { apply: [entry(11, [])] });
    const known = historyAfter(SENT, [entry(11, [])]);
    expect(current().summary().history).toBe(known);
    if (await restart()) expect(current().summary().history).toBe(known);
  });

  test("a store that stands lower opens the log down to it, without old rubbish", async () => {
    const append = Array.from({ length: 1500 }, (_, index) => entry(index + 1, []));
    await write(current(), { append, compactTo: 1400 });
    current().incoming.begin();
    await receive(current(), received);
    await install(current(), 6, received);
    expect(current().logBounds()).toEqual({ first: 1401, last: 1500 });
    await write(current(), { append: [entry(6, []), entry(7, [])] });
    expect(sequencesOf(current().readLog(1, { entriesMax: 2, bytesMax: 1000 }))).toEqual([7, 1401]);
  });

  test("records without a beginning break a promise", () => {
    expect(() => current().incoming.add([], () => {})).toThrow("broken promise");
  });
}

function testRestart(current: Current, restart: Restart): void {
  test("everything flushed is there again", async () => {
    const entries = TRICKY_KEYS.map((key, index) => entry(index + 1, [put(key)]));
    await write(current(), { append: entries, apply: entries.slice(0, 7), hardState: HARD_STATE });
    const before = [current().summary(), everything(current()), current().logBounds()];
    if (!(await restart())) return;
    expect([current().summary(), everything(current()), current().logBounds()]).toEqual(before);
    expect(current().hardState()).toEqual(HARD_STATE);
    expect(current().readLog(1, ENOUGH)).toEqual(entries);
    await write(current(), { apply: entries.slice(7) });
    expect(current().summary().applied).toBe(entries.length);
  });
}
