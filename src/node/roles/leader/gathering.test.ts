/** When the writes that wait are proposed, on virtual time. */
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../test/support/virtual-clock.ts";
import { Gathering } from "./gathering.ts";

const settleMs = 4;

/** A leader of which only the gathering is real. `groups`: when how many writes were proposed. */
function bench() {
  const clock = new VirtualClock();
  const groups: { at: number; count: number }[] = [];
  const state = { waiting: 0, last: 0, isFlushing: false };
  const gathering = new Gathering(clock, {
    waiting: () => state.waiting,
    isFlushing: () => state.isFlushing,
    propose: () => {
      const first = state.last + 1;
      groups.push({ at: clock.now(), count: state.waiting });
      state.last += state.waiting;
      state.waiting = 0;
      gathering.proposed(first, state.last);
    },
  });
  const add = (count = 1) => {
    for (let left = count; left > 0; left -= 1) {
      state.waiting += 1;
      gathering.added();
    }
  };
  const settle = (first: number, last: number) =>
    gathering.settled(Array.from({ length: last - first + 1 }, (_, index) => first + index));
  /** So many writes are proposed and settle after `settleMs`; nobody writes again. */
  const goAlone = (count: number) => {
    add(count);
    clock.advance(settleMs);
    settle(state.last - count + 1, state.last);
    clock.advance(100);
  };
  return { clock, groups, state, gathering, add, settle, goAlone };
}

test("the writes of one turn are proposed together, at once", () => {
  const { clock, groups, add } = bench();
  add(3);
  expect(groups).toEqual([]);
  clock.advance(0);
  expect(groups).toEqual([{ at: 0, count: 3 }]);
});

test("writes that come during a flush share the next one", () => {
  const { clock, groups, state, gathering, add } = bench();
  state.isFlushing = true;
  add();
  clock.advance(2);
  add();
  expect(groups).toEqual([]);
  gathering.flushed();
  expect(groups).toEqual([{ at: 2, count: 2 }]);
});

test("two groups of writers who write again at once become one", () => {
  const { clock, groups, add, settle } = bench();
  add(3);
  clock.advance(settleMs);
  settle(1, 3);
  // Three write again, one of them a little later.
  add(2);
  clock.advance(settleMs / 8);
  add(1);
  clock.advance(0);
  expect(groups.map(({ count }) => count)).toEqual([3, 3]);
  // Two others come when these are nearly settled.
  clock.advance(settleMs * 0.75);
  add(2);
  clock.advance(0.5);
  expect(groups).toHaveLength(2);
  settle(4, 6);
  clock.advance(0.1);
  add(3);
  clock.advance(0);
  expect(groups.map(({ count }) => count)).toEqual([3, 3, 5]);
});

test("a single writer never waits", () => {
  const { clock, groups, add, settle } = bench();
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    const at = clock.now();
    add();
    clock.advance(0);
    expect(groups.at(-1)).toEqual({ at, count: 1 });
    clock.advance(settleMs);
    settle(sequence, sequence);
  }
});

test("a write that comes soon after a group was proposed does not wait for it", () => {
  const { clock, groups, add, goAlone } = bench();
  goAlone(1);
  add();
  clock.advance(settleMs / 4);
  add();
  clock.advance(0);
  expect(groups.map(({ count }) => count)).toEqual([1, 1, 1]);
});

test("a large group waits for no other one", () => {
  const { clock, groups, add, goAlone } = bench();
  goAlone(1);
  add();
  clock.advance(settleMs * 0.75);
  add(63);
  clock.advance(0);
  expect(groups).toHaveLength(2);
  add();
  clock.advance(0);
  expect(groups.at(-1)?.count).toBe(64);
});

test("no write waits longer than 5 ms, whatever for", () => {
  const { clock, groups, state, add } = bench();
  state.isFlushing = true;
  add();
  clock.advance(4.9);
  expect(groups).toEqual([]);
  clock.advance(0.1);
  expect(groups).toEqual([{ at: 5, count: 1 }]);
});

test("a group that does not settle, for example because it asks for more acks, holds up none behind it", () => {
  const { clock, groups, add, goAlone } = bench();
  goAlone(1);
  add();
  clock.advance(settleMs * 2);
  const at = clock.now();
  add();
  clock.advance(0);
  expect(groups.at(-1)).toEqual({ at, count: 1 });
});

test("where answered writers do not write again, they are soon no longer waited for", () => {
  const { clock, groups, add, settle, state } = bench();
  let waits = 0;
  for (let round = 0; round < 40; round += 1) {
    add(4);
    clock.advance(settleMs);
    settle(state.last - 3, state.last);
    const at = clock.now();
    add();
    clock.advance(2);
    if (groups.at(-1)?.at !== at) waits += 1;
    clock.advance(settleMs);
    settle(state.last, state.last);
    clock.advance(100);
  }
  expect(waits).toBeGreaterThan(0);
  expect(waits).toBeLessThanOrEqual(5);
});

test("where groups take long, a write waits only for one that is about to settle", () => {
  const { clock, groups, add, settle } = bench();
  add();
  clock.advance(200);
  settle(1, 1);
  clock.advance(1000);
  add();
  const since = clock.now();
  const goesAtOnce = (afterMs: number) => {
    clock.advance(since + afterMs - clock.now());
    add();
    clock.advance(0);
    return groups.at(-1)?.at === clock.now();
  };
  expect([120, 190, 198, 210, 280].map(goesAtOnce)).toEqual([true, true, false, true, true]);
});

test("once answered writers write again, two misses count no more", () => {
  const { clock, groups, add, settle, state } = bench();
  /** Four writes are answered, and so many come again; whether the first of these waited for others. */
  const round = (again: number) => {
    add(4);
    clock.advance(settleMs);
    settle(state.last - 3, state.last);
    add(again > 1 ? again - 1 : 1);
    clock.advance(0);
    const hasWaited = state.waiting > 0;
    if (again > 1) add(1);
    clock.advance(settleMs);
    settle(state.last - again + 1, state.last);
    clock.advance(1000);
    return hasWaited;
  };
  for (let time = 0; time < 5; time += 1)
    expect([1, 1, 4, 1, 1, 4].map(round)).toEqual(Array(6).fill(true));
  expect(groups.at(-1)?.count).toBe(4);
});

test("a write that comes alone long after others were answered does not wait for theirs", () => {
  const { clock, groups, add, goAlone } = bench();
  goAlone(4);
  clock.advance(60_000);
  const at = clock.now();
  add();
  clock.advance(0);
  expect(groups.at(-1)).toEqual({ at, count: 1 });
});

test("nothing is proposed while it is held, and what waits goes when it is released", () => {
  const { clock, groups, state, gathering, add } = bench();
  add();
  gathering.hold();
  clock.advance(100);
  expect(groups).toEqual([]);
  state.waiting += 1;
  gathering.release();
  expect(groups).toEqual([{ at: 100, count: 2 }]);
  expect(clock.pending).toBe(0);
});
