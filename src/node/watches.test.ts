import { expect, test } from "vitest";
import { entryOf, put } from "../../test/support/benches.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import type { Failure } from "../errors.ts";
import { storageOver } from "../storage/memory.ts";
import { MemoryState } from "../storage/memory-state.ts";
import { Watches } from "./watches.ts";

function bench() {
  const clock = new VirtualClock();
  const state = new MemoryState();
  const storage = storageOver(state, (change, done) => {
    change();
    done(undefined);
  });
  const watches = new Watches({ storage, clock });
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
    const result = watches.add({
      prefix,
      after,
      applied: (operations) => {
        seen.push(...operations.map(({ sequence }) => sequence));
        return wants.more;
      },
      failed: (failure) => failures.push(failure),
    });
    return { seen, failures, wants, result };
  };
  return { clock, state, watches, apply, watch };
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
  state.install(state.incoming(), { applied: 9, history: undefined, marks: state.marks });
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
  const entries = [entryOf(1), entryOf(2)];
  state.commit({ append: entries, apply: entries });
  watches.applied(entries);
  expect(seen).toEqual([1]);
});
