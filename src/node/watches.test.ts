import { describe, expect, test } from "vitest";
import { entryOf, put } from "../../test/support/benches/samples.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Failure } from "../errors.ts";
import type { Entry } from "../replication/types.ts";
import { MemoryState } from "../storage/memory/state.ts";
import { storageOver } from "../storage/memory/storage-over.ts";
import type { LogEnd } from "./ahead-watches.ts";
import type { AppliedOperation } from "./watch-query.ts";
import { Watches } from "./watches.ts";

const timeoutMs = 5000;
/** Enough for one part of what a watch is told at a time. */
const large = JSON.stringify("v".repeat(70_000));
const retention = 30;

function bench() {
  const clock = new VirtualClock();
  const state = new MemoryState();
  const storage = storageOver(state, (change, done) => {
    change();
    done(undefined);
  });
  const leader: { logEnd: LogEnd | undefined } = { logEnd: undefined };
  const says = (last: number, trueAt = clock.now()) => {
    leader.logEnd = { last, trueAt };
  };
  const watches = new Watches({
    storage,
    clock,
    retention,
    timeoutMs,
    logEnd: () => leader.logEnd,
  });
  const apply = (sequence: number, key = "a") => {
    const entry = entryOf(sequence, [put(key)]);
    state.commit({ append: [entry], apply: [entry] });
    watches.applied([entry]);
  };
  const watch = (query: { prefix?: string; after?: number } = {}) => {
    const { prefix = "", after } = query;
    const seen: number[] = [];
    const failures: Failure[] = [];
    const wants = { more: true };
    const opened: number[] = [];
    const passed: number[] = [];
    const result = watches.add({
      prefix,
      after,
      opened: () => opened.push(clock.now()),
      applied: (operations) => {
        seen.push(...operations.map(({ sequence }) => sequence));
        return wants.more;
      },
      passed: (sequence) => {
        passed.push(sequence);
        return wants.more;
      },
      failed: (failure) => failures.push(failure),
    });
    return { seen, failures, wants, opened, passed, result };
  };
  return { clock, state, watches, apply, watch, leader, says };
}

test("each applied operation is told once, in order, from after a sequence on", () => {
  const { clock, apply, watch } = bench();
  for (const at of [1, 2, 3]) apply(at);
  const { seen } = watch({ after: 1 });
  apply(4);
  clock.advance(1);
  apply(5);
  expect(seen).toEqual([2, 3, 4, 5]);
});

test("without a sequence it begins with what is applied next, and tells its prefix alone", () => {
  const { apply, watch } = bench();
  apply(1);
  const { seen } = watch({ prefix: "b" });
  apply(2, "a");
  apply(3, "b1");
  expect(seen).toEqual([3]);
});

describe("how far it is, one that has nothing to tell", () => {
  test("says after a tenth of what the log keeps, and each time anew", () => {
    const { apply, watch } = bench();
    const { seen, passed } = watch({ prefix: "b" });
    for (let at = 1; at <= 7; at += 1) apply(at, "a");
    expect(passed).toEqual([3, 6]);
    apply(8, "b");
    apply(9, "a");
    apply(10, "a");
    expect(passed).toEqual([3, 6]);
    apply(11, "a");
    expect(passed).toEqual([3, 6, 11]);
    expect(seen).toEqual([8]);
  });

  test("says after some time, and only what is new", () => {
    const { clock, apply, watch } = bench();
    const { passed } = watch({ prefix: "b" });
    apply(1, "a");
    clock.advance(10_000);
    expect(passed).toEqual([1]);
    clock.advance(60_000);
    apply(2, "b");
    clock.advance(60_000);
    expect(passed).toEqual([1]);
  });

  test("says while it catches up as well, but not while its client is behind", () => {
    const { clock, apply, watch } = bench();
    for (let at = 1; at <= 9; at += 1) apply(at, at === 5 ? "b" : "a");
    const { passed, seen, wants, result } = watch({ prefix: "b", after: 0 });
    wants.more = false;
    clock.advance(20_000);
    expect([seen, passed]).toEqual([[5], []]);
    wants.more = true;
    if (result.ok) result.value.resume();
    clock.advance(1);
    expect(passed).toEqual([9]);
  });

  test("waits for a client that is behind, however much it is not told", () => {
    const { clock, apply, watch } = bench();
    const { seen, passed, wants, result } = watch({ prefix: "b" });
    wants.more = false;
    for (let at = 1; at <= 12; at += 1) apply(at, at === 8 ? "b" : "a");
    clock.advance(20_000);
    expect([seen, passed]).toEqual([[], [3]]);
    wants.more = true;
    if (result.ok) result.value.resume();
    clock.advance(1);
    expect([seen, passed]).toEqual([[8], [3, 12]]);
  });

  test("says nothing below where it began, on a node that is not there yet", () => {
    const { clock, apply, watch, says } = bench();
    says(20);
    const { passed, opened } = watch({ prefix: "b", after: 12 });
    for (let at = 1; at <= 12; at += 1) apply(at, "a");
    clock.advance(20_000);
    expect(passed).toEqual([]);
    for (let at = 13; at <= 15; at += 1) apply(at, "a");
    expect(passed).toEqual([15]);
    expect(opened).toHaveLength(1);
  });

  test("says nothing once the node is closing", () => {
    const { clock, watches, apply, watch } = bench();
    const { passed } = watch({ prefix: "b" });
    apply(1, "a");
    watches.close();
    clock.advance(60_000);
    expect(passed).toEqual([]);
  });
});

test("one that pauses reads on from the log, without a gap and without a queue", () => {
  const { clock, apply, watch } = bench();
  const { seen, wants, result } = watch();
  wants.more = false;
  for (const at of [1, 2, 3]) apply(at);
  expect(seen).toEqual([1]);
  wants.more = true;
  if (result.ok) result.value.resume();
  clock.advance(1);
  apply(4);
  expect(seen).toEqual([1, 2, 3, 4]);
});

test("what the log no longer holds is COMPACTED, at once or when a pause ends", () => {
  const { clock, state, apply, watch } = bench();
  const paused = watch();
  paused.wants.more = false;
  for (const at of [1, 2, 3, 4]) apply(at);
  state.commit({ append: [], apply: [], compactTo: 3 });
  const late = watch({ after: 1 });
  expect(late.result).toMatchObject({ ok: false, failure: { code: "COMPACTED" } });
  expect(watch({ after: 3 }).result.ok).toBe(true);
  if (paused.result.ok) paused.result.value.resume();
  clock.advance(1);
  expect(paused.failures).toMatchObject([{ code: "COMPACTED", members: { oldest: 3 } }]);
});

test("a snapshot tells those who were behind it that they missed something", () => {
  const { clock, state, watches, apply, watch } = bench();
  apply(1);
  const { failures } = watch();
  state.begin();
  state.install(state.incoming(), { applied: 9, history: undefined, hardState: state.hardState });
  watches.jumped();
  clock.advance(1);
  expect(failures).toMatchObject([{ code: "COMPACTED" }]);
});

test("one that is cancelled while it is told hears nothing more", () => {
  const { watches, state } = bench();
  const seen: number[] = [];
  const result = watches.add({
    prefix: "",
    applied: (operations) => {
      seen.push(...operations.map(({ sequence }) => sequence));
      if (result.ok) result.value.cancel();
      return true;
    },
    failed: () => {},
  });
  const entries = [entryOf(1, [{ key: "a", value: large }]), entryOf(2)];
  state.commit({ append: entries, apply: entries });
  watches.applied(entries);
  expect(seen).toEqual([1]);
});

describe("entries that are applied together", () => {
  test("are one array for all watches of a prefix that are told of them", () => {
    const { clock, state, watches } = bench();
    const told: (readonly AppliedOperation[])[] = [];
    const listen = (prefix: string, after?: number) =>
      watches.add({
        ...{ prefix, after },
        applied: (operations) => told.push(operations) > 0,
        failed: () => expect.unreachable(),
      });
    const commit = (...entries: Entry[]) => {
      state.commit({ append: entries, apply: entries });
      watches.applied(entries);
    };
    for (const prefix of ["a", "b", "a", "c", "a"]) listen(prefix);
    commit(entryOf(1, [put("b")]), entryOf(2, [put("a1"), put("b"), put("a2")]), entryOf(3));
    const [first, ofB] = told;
    expect(first?.map(({ sequence, key }) => [sequence, key])).toEqual([
      [2, "a1"],
      [2, "a2"],
      [3, "a"],
    ]);
    expect(ofB?.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(told).toEqual([first, ofB, first, first]);
    expect(new Set(told).size).toBe(2);
    told.length = 0;
    // One that is opened between does not miss or repeat what the others share.
    listen("a", 2);
    clock.advance(1);
    commit(entryOf(4));
    expect(told.flat().map(({ sequence }) => sequence)).toEqual([3, 4, 4, 4, 4]);
  });

  test("are told in parts, between which a watch may pause, and other watches go on", () => {
    const { clock, state, watches, watch } = bench();
    const [slow, fast] = [watch(), watch()];
    slow.wants.more = false;
    const entries = [1, 2, 3].map((at) => entryOf(at, [{ key: "a", value: large }]));
    state.commit({ append: entries, apply: entries });
    watches.applied(entries);
    expect([slow.seen, fast.seen]).toEqual([[1], [1, 2, 3]]);
    slow.wants.more = true;
    if (slow.result.ok) slow.result.value.resume();
    clock.advance(1);
    expect(slow.seen).toEqual([1, 2, 3]);
  });

  test("that a watch skips are not told to it again once it is told of later ones", () => {
    const { watches, state, watch } = bench();
    const { seen } = watch({ prefix: "b" });
    const commit = (...entries: Entry[]) => {
      state.commit({ append: entries, apply: entries });
      watches.applied(entries);
    };
    commit(entryOf(1, [put("b")]), entryOf(2));
    commit(entryOf(3), entryOf(4, [put("b")]));
    expect(seen).toEqual([1, 4]);
  });
});

describe("so many watches that telling them takes its time", () => {
  const crowd = () => {
    const made = bench();
    const all = Array.from({ length: 200 }, () => made.watch());
    return { ...made, all, seenByAll: () => new Set(all.map(({ seen }) => seen.join())) };
  };

  test("are told at once after a rest, else of several batches in one round", () => {
    const { clock, apply, seenByAll } = crowd();
    apply(1);
    expect(seenByAll()).toEqual(new Set(["1"]));
    for (const at of [2, 3, 4]) apply(at);
    expect(seenByAll()).toEqual(new Set(["1"]));
    clock.advance(20);
    expect(seenByAll()).toEqual(new Set(["1,2,3,4"]));
    clock.advance(20);
    apply(5);
    expect(seenByAll()).toEqual(new Set(["1,2,3,4,5"]));
  });

  test("are told of everything once, whenever they were opened", () => {
    const { clock, apply, watch, seenByAll } = crowd();
    for (const at of [1, 2]) apply(at);
    const [late, resumed] = [watch(), watch({ after: 1 })];
    apply(3);
    clock.advance(40);
    expect([...seenByAll(), late.seen.join(), resumed.seen.join()]).toEqual(["1,2,3", "3", "2,3"]);
  });

  test("wait no longer once much waits", () => {
    const { state, watches, seenByAll } = crowd();
    for (let at = 1; at <= 20; at++) {
      const entry = entryOf(at, [{ key: "a", value: large }]);
      state.commit({ append: [entry], apply: [entry] });
      watches.applied([entry]);
    }
    expect([...seenByAll()].join().split(",").length).toBeGreaterThan(14);
  });

  test("are told of all that was applied before the node closes", () => {
    const { apply, watches, seenByAll } = crowd();
    for (const at of [1, 2, 3]) apply(at);
    watches.close();
    apply(4);
    expect(seenByAll()).toEqual(new Set(["1,2,3,4"]));
  });

  test("hear nothing of entries that turn out not to be in the cluster's history", () => {
    const { clock, state, apply, watches, watch, all } = crowd();
    for (const at of [1, 2]) apply(at);
    watches.replaced();
    state.begin();
    state.install(state.incoming(), { applied: 0, history: undefined, hardState: state.hardState });
    watches.jumped();
    const { seen } = watch();
    clock.advance(20);
    expect([all[0]?.seen, all[0]?.failures.length, seen]).toEqual([[1], 1, []]);
  });
});

describe("a watch that resumes beyond what is applied here", () => {
  const four = () => {
    const made = bench();
    for (const at of [1, 2, 3, 4]) made.apply(at);
    return made;
  };

  test("is COMPACTED at once where it is known that the log ends before", () => {
    const { watch, says } = four();
    says(9);
    const { opened, result } = watch({ after: 10 });
    expect(result).toMatchObject({
      failure: { code: "COMPACTED", detail: "the log ends at 9, before sequence 10" },
    });
    expect(opened).toEqual([]);
  });

  test("waits where the log reaches that far, and misses nothing", () => {
    const { clock, watch, says, apply } = four();
    says(6);
    const { opened, seen, failures } = watch({ after: 6 });
    expect(opened.length).toBe(1);
    clock.advance(10 * timeoutMs);
    for (const at of [5, 6, 7]) apply(at);
    expect([seen, failures]).toEqual([[7], []]);
  });

  test("is not decided by what was said before it came", () => {
    const { clock, watch, says } = four();
    says(4);
    clock.advance(1);
    const behind = watch({ after: 6 });
    const future = watch({ after: 10 });
    clock.advance(1000);
    expect([behind, future].map(({ opened, failures }) => [opened, failures])).toEqual([
      [[], []],
      [[], []],
    ]);
    says(7);
    clock.advance(200);
    expect([behind.opened.length, behind.failures]).toEqual([1, []]);
    expect(future.opened).toEqual([]);
    expect(future.failures).toMatchObject([{ code: "COMPACTED", members: { oldest: 4 } }]);
  });

  test("is RECOVERING where no leader says in time how far the log reaches", () => {
    const { clock, watch } = four();
    const { opened, failures } = watch({ after: 10 });
    clock.advance(timeoutMs - 1);
    expect(failures).toEqual([]);
    clock.advance(200);
    expect([opened, failures.map(({ code }) => code)]).toEqual([[], ["RECOVERING"]]);
    clock.advance(10 * timeoutMs);
    expect(failures.length).toBe(1);
  });

  test("opens when the node catches up, though no leader says anything", () => {
    const { clock, watch, apply } = four();
    const { opened, seen } = watch({ after: 5 });
    for (const at of [5, 6]) apply(at);
    // What is applied is shown after the opening, and not before.
    expect([opened.length, seen]).toEqual([1, [6]]);
    clock.advance(200);
    expect([opened.length, seen]).toEqual([1, [6]]);
  });

  test("that was opened ends when the log turns out to have become shorter", () => {
    const { clock, watch, says } = four();
    says(12);
    const { opened, failures } = watch({ after: 10 });
    clock.advance(10 * timeoutMs);
    expect([opened.length, failures]).toEqual([1, []]);
    says(4);
    clock.advance(200);
    expect(failures).toMatchObject([{ code: "COMPACTED" }]);
    clock.advance(10 * timeoutMs);
    expect(failures.length).toBe(1);
  });

  test("and is not open yet is refused when the node closes", () => {
    const { clock, watches, watch, says } = four();
    says(6);
    const open = watch({ after: 6 });
    const waiting = watch({ after: 6 });
    says(4, -1);
    const undecided = watch({ after: 10 });
    watches.close();
    clock.advance(10 * timeoutMs);
    expect(undecided.failures).toMatchObject([{ code: "SHUTTING_DOWN" }]);
    expect([open.failures, waiting.failures]).toEqual([[], []]);
  });

  test("that was opened ends when a snapshot shows a log that is shorter", () => {
    const { clock, state, watches, watch, says } = four();
    const { failures } = watch({ after: 4 });
    const later = watch({ after: 2 });
    clock.advance(1);
    state.begin();
    state.install(state.incoming(), { applied: 1, history: undefined, hardState: state.hardState });
    watches.jumped();
    says(3, clock.now());
    clock.advance(200);
    expect(failures).toMatchObject([{ code: "COMPACTED" }]);
    expect(later.failures).toMatchObject([{ code: "COMPACTED" }]);
  });

  test("that is cancelled hears nothing of the decision", () => {
    const { clock, watch, says } = four();
    const { opened, failures, result } = watch({ after: 10 });
    if (result.ok) result.value.cancel();
    says(4);
    clock.advance(10 * timeoutMs);
    expect([opened, failures]).toEqual([[], []]);
  });
});
