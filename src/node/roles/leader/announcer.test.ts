/** When a commit mark goes alone, on virtual time. */
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../test/support/virtual-clock.ts";
import { CommitAnnouncer } from "./announcer.ts";

/** A leader of which only the announcer is real. `announced`: when a mark went alone. */
function bench() {
  const clock = new VirtualClock();
  const announced: number[] = [];
  const core = { isMarkUntold: false, committed: 0, last: 0 };
  const state = { isFollowed: false };
  const announcer = new CommitAnnouncer(clock, {
    core,
    isFollowed: () => state.isFollowed,
    announce: () => {
      announced.push(clock.now());
      core.isMarkUntold = false;
    },
  });
  const propose = (last: number) => {
    Object.assign(core, { last, isMarkUntold: false });
    announcer.schedule();
  };
  const commit = (committed: number) => {
    Object.assign(core, { committed, isMarkUntold: true });
    announcer.schedule();
  };
  return { clock, announced, state, propose, commit };
}

test("the mark of the last write goes alone after 2 ms, once", () => {
  const { clock, announced, propose, commit } = bench();
  propose(1);
  commit(1);
  clock.advance(100);
  expect(announced).toEqual([2]);
});

test("an append carries it", () => {
  const { clock, announced, propose, commit } = bench();
  propose(1);
  commit(1);
  clock.advance(1);
  propose(2);
  clock.advance(100);
  expect(announced).toEqual([]);
});

test("while writes wait to be proposed it waits for their append, and for 20 ms at most", () => {
  const { clock, announced, state, propose, commit } = bench();
  propose(1);
  commit(1);
  clock.advance(1);
  state.isFollowed = true;
  clock.advance(18);
  expect(announced).toEqual([]);
  clock.advance(1);
  expect(announced).toEqual([20]);
});

test("writes that were read in the turn in which its time was up count", () => {
  const { clock, announced, state, propose, commit } = bench();
  propose(1);
  commit(1);
  // Due before the announcer looks, in the same turn.
  clock.after(2, () => {
    state.isFollowed = true;
  });
  clock.advance(4);
  expect(announced).toEqual([]);
  propose(2);
  clock.advance(100);
  expect(announced).toEqual([]);
});

test("a mark that moves while others are under way goes alone after 20 ms, however often it moves", () => {
  const { clock, announced, propose, commit } = bench();
  propose(100);
  for (let committed = 1; committed <= 19; committed += 1) {
    commit(committed);
    clock.advance(1);
  }
  expect(announced).toEqual([]);
  clock.advance(1);
  expect(announced).toEqual([20]);
});
