import { describe, expect, test } from "vitest";
import { entryOf, promiseOf, put } from "../../../test/support/benches/samples.ts";
import { MemoryState } from "../../storage/memory/state.ts";
import { type Effects, EffectsDraft } from "../effects.ts";
import { historyAfter } from "../history.ts";
import {
  type Condition,
  EMPTY_HISTORY,
  type Entry,
  type FollowerMessage,
  type LeaderMessage,
  type NodeId,
  type Operation,
  type Sequence,
  type SnapshotEnd,
} from "../types.ts";
import type { LogView } from "../views.ts";
import { type RecordsFlush, Recovery, type RecoveryResult } from "./recovery.ts";

type PromiseMessage = Extract<FollowerMessage, { type: "promise" }>;

type RecoveryEffects = Effects<NodeId, LeaderMessage, RecordsFlush, never>;
const newDraft = () => new EffectsDraft<NodeId, LeaderMessage, RecordsFlush, never>();

const epoch = 9;
const none = { storage: [], closes: [], news: [], sends: [] };

const logOf = (state: MemoryState): LogView => ({
  first: () => state.logBounds.first,
  read: (from, limit) => state.readLog(from, limit),
  history: (range) => state.logHistory(range),
});

/** A recovery over an own store and log, with followers whose logs can be read. */
class Bench {
  readonly state = new MemoryState();
  readonly out = newDraft();
  readonly recovery: Recovery;
  readonly logs = new Map<NodeId, readonly Entry[]>();
  recovered: Extract<RecoveryResult, { type: "recovered" }> | undefined;
  readonly storesAsked: NodeId[] = [];
  readonly closed: RecoveryEffects["closes"][number][] = [];

  constructor(facts: {
    followers: number;
    writeQuorum: number;
    applied?: readonly Entry[];
    ownEvidence?: readonly Entry[];
  }) {
    const { followers, writeQuorum, applied = [], ownEvidence = [] } = facts;
    this.state.commit({ append: [...applied, ...ownEvidence], apply: applied });
    this.recovery = new Recovery({
      epoch,
      followers,
      writeQuorum,
      ownFloor: undefined,
      backlogEntriesMax: 10,
      own: { ...this.state.summary, followedEpoch: 0 },
      store: {
        get: (key) => this.state.table.get(key),
        list: () => [],
        copy: () => this.state.copy(),
      },
      log: logOf(this.state),
      out: this.out,
    });
    this.recovery.begin();
    this.out.take();
  }

  /** It promises, and gives its whole log when asked. */
  answer(
    from: NodeId,
    log: readonly Entry[],
    facts: Partial<PromiseMessage> = {},
  ): RecoveryEffects {
    this.logs.set(from, log);
    const last = Math.max(0, ...log.map(({ sequence }) => sequence));
    return this.#serve(this.recovery.answered(from, promiseOf(from, { epoch, last, ...facts })));
  }

  /** Ends a step whose result this is, and gives the logs that it asks for. Returns its effects. */
  #serve(result: RecoveryResult | undefined): RecoveryEffects {
    if (result?.type === "recovered") this.recovered = result;
    const effects = this.out.take();
    this.closed.push(...effects.closes);
    for (const { to, message } of effects.sends) {
      if (message.type === "fetchStore") this.storesAsked.push(to);
      if (message.type !== "fetchLog") continue;
      const entries = (this.logs.get(to) ?? []).filter(({ sequence }) => sequence >= message.from);
      const page = { type: "logPage", epoch, from: message.from, entries, next: 0 } as const;
      this.#serve(this.recovery.logPage(to, page));
    }
    return effects;
  }

  /** The whole store of the source arrives, and is flushed. */
  install(from: NodeId, end: SnapshotEnd): void {
    const page = { type: "storePage", epoch, records: [], end } as const;
    expect(this.recovery.storePage(from, page)).toBeUndefined();
    expect(this.seal()).toMatchObject({ type: "copied", end });
    this.state.begin();
    this.state.install(this.state.incoming(), { ...end, hardState: this.state.hardState });
    this.#serve(this.recovery.installed(end));
  }

  /** All pages of the copy are flushed, with the digest that its end names unless another one is given. */
  seal(digest?: string): RecoveryResult | undefined {
    const { storage } = this.out.take();
    const effect = storage.find(({ type }) => type === "sealStore");
    if (effect?.type !== "sealStore") throw new Error("nothing is sealed");
    const { sealed } = effect;
    return this.recovery.sealed({ ...sealed, digest: digest ?? sealed.end.digest });
  }

  /** What was recovered: per sequence its operations. */
  get merged(): readonly (readonly Operation[])[] | undefined {
    return this.recovered?.entries.map(({ operations }) => operations);
  }
}

const when = (key: string, condition: Condition, value = '"conditional"'): Operation => ({
  key,
  value,
  condition,
});

const absent = (after: Sequence): Condition => ({ version: 0, origin: 0, after });

describe("how many must answer", () => {
  test("F - W + 1 followers with data are enough, and fewer are not", () => {
    const bench = new Bench({ followers: 5, writeQuorum: 3 });
    bench.answer("f1", []);
    bench.answer("f2", []);
    expect(bench.recovered).toBeUndefined();
    bench.answer("f3", []);
    expect(bench.recovered).toBeDefined();
  });

  test("a blank follower proves nothing, unless all F answered", () => {
    const bench = new Bench({ followers: 3, writeQuorum: 3 });
    bench.answer("f1", [], { blank: true });
    bench.answer("f2", [], { blank: true });
    expect(bench.recovered).toBeUndefined();
    bench.answer("f3", [], { blank: true });
    expect(bench.recovered).toBeDefined();
  });

  test("the newest floor among the answers decides, not the settings", () => {
    const bench = new Bench({ followers: 3, writeQuorum: 3 });
    bench.answer("f1", [], { floor: { epoch: 2, number: 4, quorum: 1, over: 3 } });
    bench.answer("f2", [], { floor: { epoch: 2, number: 1, quorum: 3, over: 3 } });
    expect(bench.recovered).toBeUndefined();
    bench.answer("f3", []);
    expect(bench.recovered?.floor).toMatchObject({ quorum: 1, over: 3 });
  });

  test("a quorum of 0 asks like one of 1: everybody", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 0 });
    bench.answer("f1", []);
    expect(bench.recovered).toBeUndefined();
    bench.answer("f2", []);
    expect(bench.recovered).toBeDefined();
  });

  test("with no followers there is nobody to ask", () => {
    const state = new MemoryState();
    const out = newDraft();
    state.commit({ append: [entryOf(1)], apply: [] });
    const recovery = new Recovery({
      epoch,
      followers: 0,
      writeQuorum: 0,
      ownFloor: undefined,
      backlogEntriesMax: 10,
      own: { ...state.summary, followedEpoch: 0 },
      store: { get: () => undefined, list: () => [], copy: () => state.copy() },
      log: logOf(state),
      out,
    });
    expect(recovery.begin()).toMatchObject({ type: "recovered", entries: [{ sequence: 1 }] });
    expect(out.take()).toEqual(none);
  });

  test("one that answered and left before its log was read does not count", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 2 });
    bench.logs.set("f1", []);
    bench.recovery.answered("f1", promiseOf("f1", { epoch, last: 5 }));
    bench.recovery.lost("f1");
    bench.answer("f2", [entryOf(1)]);
    expect(bench.merged).toEqual([[put("a")]]);
  });
});

describe("merging", () => {
  test("per sequence the highest epoch wins, whoever answers first", () => {
    for (const order of [
      ["f1", "f2"],
      ["f2", "f1"],
    ]) {
      const bench = new Bench({ followers: 2, writeQuorum: 1 });
      const logs: Record<string, readonly Entry[]> = {
        f1: [entryOf(1, [put("a", '"old"')], { epoch: 1 })],
        f2: [entryOf(1, [put("a", '"new"')], { epoch: 2 })],
      };
      for (const id of order) bench.answer(id, logs[id] ?? []);
      expect(bench.merged).toEqual([[put("a", '"new"')]]);
    }
  });

  test("a hole that no log fills becomes a no-op of the new epoch", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [entryOf(1), entryOf(3, [put("c")])]);
    expect(bench.merged).toEqual([[put("a")], [], [put("c")]]);
    expect(bench.recovered?.entries.map((entry) => entry.epoch)).toEqual([epoch, epoch, epoch]);
    expect(bench.recovered?.entries.map((entry) => entry.origin)).toEqual([1, epoch, 1]);
  });

  test("this node's own evidence counts as well", () => {
    const ownEvidence = [entryOf(2, [put("own")])];
    const bench = new Bench({ followers: 1, writeQuorum: 1, ownEvidence });
    bench.answer("f1", [entryOf(1)]);
    expect(bench.merged).toEqual([[put("a")], [put("own")]]);
  });

  test("an entry goes with the one that it was conditional on", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [
      entryOf(2, [when("a", { version: 1, origin: 1 })]),
      entryOf(3, [when("a", { version: 2, origin: 1 })]),
    ]);
    expect(bench.merged).toEqual([[], [], []]);
  });

  test("an entry goes with the one that it only checked, and stays with one that is there", () => {
    const checks = [{ key: "a", condition: { version: 1, origin: 1 } }];
    const checked: Entry = { ...entryOf(2, [put("b")]), requires: { checks } };
    const without = new Bench({ followers: 1, writeQuorum: 1 });
    without.answer("f1", [checked]);
    expect(without.merged).toEqual([[], []]);
    const together = new Bench({ followers: 1, writeQuorum: 1 });
    together.answer("f1", [entryOf(1, [put("a")]), checked]);
    expect(together.recovered?.entries[1]).toMatchObject({ requires: { checks }, epoch });
  });

  test("a check of a later epoch overrules what its leader did not have, and writes nothing itself", () => {
    const checks = [{ key: "a", condition: absent(0) }];
    const checked: Entry = { ...entryOf(2, [put("b")], { epoch: 3 }), requires: { checks } };
    const later = entryOf(3, [when("a", absent(0))], { epoch: 4 });
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [entryOf(1, [put("a")], { epoch: 1 }), checked, later]);
    expect(bench.merged).toEqual([
      [],
      [put("b")],
      [{ ...when("a", absent(0)), condition: absent(0) }],
    ]);
  });

  test("a condition names a version and its epoch: the number alone is not enough", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [
      entryOf(1, [put("a")], { epoch: 3 }),
      entryOf(2, [when("a", { version: 1, origin: 2 })], { epoch: 3 }),
    ]);
    expect(bench.merged).toEqual([[put("a")], []]);
  });

  test("a condition may rest on the store, and on a deletion", () => {
    const applied = [entryOf(1, [put("a")])];
    const bench = new Bench({ followers: 1, writeQuorum: 1, applied });
    const remove = { key: "a", condition: { version: 1, origin: 1 } };
    const create = when("a", absent(2));
    bench.answer("f1", [entryOf(2, [remove]), entryOf(3, [create])]);
    expect(bench.merged).toEqual([[remove], [create]]);
  });
});

describe("leftovers of an older epoch", () => {
  // Epoch 2 wrote 2 and 3; only 3 was settled, on a condition. What it wrote at 2 is gone, and a
  // follower that was away since epoch 1 still holds what that one had tried at 2.
  const leftover = entryOf(2, [put("a", '"leftover"'), put("x")], { epoch: 1 });

  test("do not push a settled conditional write of a later epoch aside", () => {
    const settled = when("a", { version: 1, origin: 1 });
    const bench = new Bench({ followers: 1, writeQuorum: 1, applied: [entryOf(1)] });
    bench.answer("f1", [leftover, entryOf(3, [settled], { epoch: 2 })]);
    expect(bench.merged).toEqual([[], [settled]]);
  });

  test("not even where that one found the key absent", () => {
    const settled = when("a", absent(1));
    const bench = new Bench({ followers: 1, writeQuorum: 1, applied: [entryOf(1, [put("b")])] });
    bench.answer("f1", [leftover, entryOf(3, [settled], { epoch: 2 })]);
    expect(bench.merged).toEqual([[], [settled]]);
  });

  test("a put and its deletion stay, although a later condition found the key absent", () => {
    const remove = { key: "a", condition: { version: 1, origin: 1 } };
    const create = when("a", absent(2));
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [
      entryOf(1, [put("a"), put("b")]),
      entryOf(2, [remove]),
      entryOf(3, [create], { epoch: 2 }),
    ]);
    expect(bench.merged).toEqual([[put("a"), put("b")], [remove], [create]]);
  });

  test("a condition of an older epoch drops nothing of a newer one", () => {
    const stale = when("a", { version: 1, origin: 1 });
    const newer = entryOf(2, [put("a", '"newer"')], { epoch: 3 });
    const bench = new Bench({ followers: 1, writeQuorum: 1, applied: [entryOf(1)] });
    bench.answer("f1", [newer, entryOf(3, [stale], { epoch: 1 })]);
    expect(bench.merged).toEqual([[put("a", '"newer"')], []]);
  });

  test("are measured by the epoch that sent a conditional entry last, not by the first", () => {
    const settled = when("a", { version: 1, origin: 1 });
    const next = when("a", { version: 3, origin: 1 });
    const bench = new Bench({ followers: 1, writeQuorum: 1, applied: [entryOf(1)] });
    bench.answer("f1", [
      entryOf(2, [put("a", '"leftover"')], { epoch: 2 }),
      entryOf(3, [settled], { epoch: 3, origin: 1 }),
      entryOf(4, [next], { epoch: 3 }),
    ]);
    expect(bench.merged).toEqual([[], [settled], [next]]);
  });

  test("are not what stands below the deletion that a condition on an absent key saw", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    const settled = [put("a"), put("b")];
    bench.answer("f1", [
      entryOf(1, settled),
      entryOf(3, [when("a", absent(2))], { epoch: 2 }),
      entryOf(4, [put("c")], { epoch: 2 }),
    ]);
    expect(bench.merged).toEqual([settled, [], [], [put("c")]]);
  });

  test("go although one of them deletes the key, if it was never settled either", () => {
    const create = when("a", absent(0));
    const remove = { key: "a", condition: { version: 2, origin: 1 } };
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [
      entryOf(1, [put("a")]),
      entryOf(3, [remove]),
      entryOf(4, [create], { epoch: 2 }),
    ]);
    expect(bench.merged).toEqual([[], [], [], [create]]);
  });

  test("are measured by the log that the recovery made, once it sends the condition again", () => {
    const applied = [entryOf(1), entryOf(2, [{ key: "a" }])];
    const first = new Bench({ followers: 1, writeQuorum: 1, applied });
    first.answer("f1", [entryOf(3, [when("a", absent(0))])]);
    expect(first.merged).toEqual([[when("a", absent(2))]]);
    const second = new Bench({ followers: 1, writeQuorum: 1 });
    second.answer("f1", [...applied, ...(first.recovered?.entries ?? [])]);
    expect(second.merged).toEqual([[put("a")], [{ key: "a" }], [when("a", absent(2))]]);
  });

  test("are none where an earlier version did not write since when the key was absent", () => {
    const create = when("a", { version: 0, origin: 0 });
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [
      entryOf(1, [put("a")]),
      entryOf(2, [{ key: "a" }]),
      entryOf(3, [create], { epoch: 2 }),
    ]);
    expect(bench.merged).toEqual([[put("a")], [{ key: "a" }], [when("a", absent(2))]]);
  });
});

describe("copying", () => {
  test("the store of the most advanced follower is taken, unless the own one is as good", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 1, applied: [entryOf(1)] });
    bench.answer("f1", [], { applied: 1 });
    bench.answer("f2", [], { applied: 4 });
    expect(bench.storesAsked).toEqual(["f2"]);
    const same = new Bench({ followers: 1, writeQuorum: 1, applied: [entryOf(1)] });
    same.answer("f1", [], { applied: 1 });
    expect(same.storesAsked).toEqual([]);
    expect(same.recovered).toBeDefined();
  });

  test("a source that goes away is replaced by another one", () => {
    const bench = new Bench({ followers: 3, writeQuorum: 2 });
    bench.answer("f1", [], { applied: 4 });
    bench.answer("f2", [], { applied: 3 });
    bench.answer("f3", [], { applied: 2 });
    expect(bench.storesAsked).toEqual(["f1"]);
    expect(bench.recovery.lost("f1")).toBeUndefined();
    expect(bench.out.take().sends).toContainEqual(expect.objectContaining({ to: "f2" }));
  });

  test("a store is begun anew, page by page, and merging starts above it", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    const asked = bench.answer("f1", [entryOf(5)], { applied: 4 });
    const fetchStore = { type: "fetchStore", epoch } as const;
    const asks = (message: LeaderMessage) => ({ ...none, sends: [{ to: "f1", message }] });
    expect(asked).toEqual({ ...asks(fetchStore), storage: [{ type: "beginStore" }] });
    const records = [{ key: "k", value: "1", version: 2, origin: 1 }];
    const page = { type: "storePage", epoch, records } as const;
    const flush = (at: number) => ({ type: "records", epoch, page: at });
    expect(bench.recovery.storePage("f1", page)).toBeUndefined();
    const adds = { type: "addRecords", records, flush: flush(1) };
    expect(bench.out.take()).toEqual({ ...none, storage: [adds] });
    bench.recovery.recordsAdded(1);
    expect(bench.out.take()).toEqual(asks({ ...fetchStore, after: "k" }));
    bench.recovery.recordsAdded(1);
    expect(bench.out.take()).toEqual(none);
    const end = { applied: 4, digest: "", history: "00000000000000ff" };
    expect(bench.recovery.storePage("f1", { ...page, records: [], end })).toBeUndefined();
    const addsLast = { type: "addRecords", records: [], flush: flush(2) };
    const seals = { type: "sealStore", sealed: { number: 2, end } };
    expect(bench.out.take()).toEqual({ ...none, storage: [addsLast, seals] });
    const copied = { type: "copied", end, followedEpoch: 0 };
    expect(bench.recovery.sealed({ number: 2, end, digest: "" })).toEqual(copied);
    expect(bench.recovery.installed(end)).toBeUndefined();
    expect(bench.out.take()).toEqual(asks({ type: "fetchLog", epoch, from: 5 }));
  });

  test("a store that followed a later leader is taken before one that has applied more", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 1 });
    bench.answer("f1", [entryOf(3), entryOf(4)], { applied: 4, followedEpoch: 3 });
    bench.answer("f2", [entryOf(2)], { applied: 2, followedEpoch: 7 });
    expect(bench.storesAsked).toEqual(["f2"]);
    bench.install("f2", { applied: 2, digest: "", history: undefined });
    expect(bench.recovered?.entries).toHaveLength(2);
  });

  test("unless the log of the latter no longer reaches back to the former", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 1 });
    bench.answer("f1", [entryOf(9)], { applied: 9, followedEpoch: 3 });
    bench.answer("f2", [entryOf(2)], { applied: 2, followedEpoch: 7 });
    bench.install("f2", { applied: 2, digest: "", history: undefined });
    expect(bench.storesAsked).toEqual(["f2", "f1"]);
    expect(bench.recovered).toBeUndefined();
    bench.install("f1", { applied: 9, digest: "", history: undefined });
    expect(bench.recovered?.entries).toEqual([]);
  });

  test("an own store that lacks what a later leader settled is replaced by a lower one", () => {
    const applied = [entryOf(1), entryOf(2, [put("alone")]), entryOf(3, [put("alone")])];
    const settled = { ...entryOf(2, [put("settled")], { epoch: 7 }) };
    const history = historyAfter(EMPTY_HISTORY, [entryOf(1), settled]);
    const bench = new Bench({ followers: 2, writeQuorum: 2, applied });
    bench.answer("f1", [settled], { applied: 2, followedEpoch: 7, history });
    expect(bench.storesAsked).toEqual(["f1"]);
    bench.install("f1", { applied: 2, digest: "", history });
    // What its own log holds above it is evidence like any other.
    expect(bench.merged).toEqual([[put("alone")]]);
  });

  test("an own store stays that has all that a later leader's follower has applied", () => {
    const applied = [entryOf(1), entryOf(2), entryOf(3)];
    const history = historyAfter(EMPTY_HISTORY, applied.slice(0, 2));
    const bench = new Bench({ followers: 2, writeQuorum: 2, applied });
    bench.answer("f1", [entryOf(2)], { applied: 2, followedEpoch: 7, history });
    expect(bench.storesAsked).toEqual([]);
    expect(bench.merged).toEqual([]);
  });

  test("a page that was flushed for a source that is gone asks its successor for nothing", () => {
    const bench = new Bench({ followers: 3, writeQuorum: 2 });
    bench.answer("f1", [], { applied: 4 });
    bench.answer("f2", [], { applied: 3 });
    const page = { type: "storePage", epoch, records: [] } as const;
    bench.recovery.storePage("f1", page);
    bench.answer("f3", [], { applied: 2 });
    bench.recovery.lost("f1");
    const askedAfter = (flushed: number) => {
      bench.out.take();
      bench.recovery.recordsAdded(flushed);
      return bench.out.take();
    };
    expect(askedAfter(1)).toEqual(none);
    bench.recovery.storePage("f2", page);
    expect(askedAfter(1)).toEqual(none);
    expect(askedAfter(2)).toMatchObject({ ...none, sends: [{ to: "f2" }] });
  });

  test("what a node promised must be what it gives: its mark, its digest, and the end of its log", () => {
    const good = { applied: 4, digest: "00000000000000aa", history: undefined };
    const record = { key: "k", value: "1", version: 5, origin: 1 };
    const copy = (change: Partial<SnapshotEnd>, seal?: { digest?: string; records?: [] }) => {
      const bench = new Bench({ followers: 2, writeQuorum: 1 });
      bench.answer("f1", [], { applied: 4 });
      bench.answer("f2", []);
      const page = { type: "storePage", epoch, records: seal?.records ?? [] } as const;
      bench.recovery.storePage("f1", page);
      bench.recovery.storePage("f1", { ...page, records: [], end: { ...good, ...change } });
      const result = bench.seal(seal?.digest);
      return {
        result,
        closed: bench.out.take().closes.map(({ to, reason }) => `${to}: ${reason}`),
      };
    };
    expect(copy({})).toMatchObject({ result: { type: "copied" }, closed: [] });
    expect(copy({}, { digest: "0000000000000000" }).closed).toEqual([
      "f1: its store has digest 0000000000000000, and its end says 00000000000000aa",
    ]);
    expect(copy({ applied: 3 }).closed).toEqual([
      "f1: its store ends at 3, and its node had applied 4",
    ]);
    const newer = copy({}, { records: [record] as unknown as [] });
    expect(newer.closed).toEqual(["f1: its store ends at 4, and a record in it is of version 5"]);
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    bench.answer("f1", [entryOf(9)], { last: 8 });
    expect(bench.merged).toBeUndefined();
    expect(bench.closed).toEqual([
      { to: "f1", reason: "its log goes beyond 8, the end that it had promised" },
    ]);
  });

  test("an entry so far above all others that it cannot have settled is left out", () => {
    const bench = new Bench({ followers: 1, writeQuorum: 1 });
    const forged = entryOf(2 ** 52, [put("x")], { epoch: 8 });
    bench.answer("f1", [entryOf(1), entryOf(21), entryOf(42), forged]);
    expect(bench.recovered?.entries.map(({ sequence }) => sequence).at(-1)).toBe(21);
  });

  test("pages of one that is not the source are ignored", () => {
    const bench = new Bench({ followers: 2, writeQuorum: 1 });
    bench.answer("f1", [], { applied: 4 });
    bench.answer("f2", [], { applied: 3 });
    const page = { type: "storePage", epoch, records: [] } as const;
    expect(bench.recovery.storePage("f2", page)).toBeUndefined();
    expect(bench.out.take()).toEqual(none);
  });
});
