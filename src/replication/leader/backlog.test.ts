import { expect, test } from "vitest";
import { entryOf, put } from "../../../test/support/benches/samples.ts";
import { MemoryState } from "../../storage/memory/state.ts";
import { BrokenPromise } from "../invariant.ts";
import { entryBytes } from "../views.ts";
import { Backlog } from "./backlog.ts";

const room = { entriesMax: 100, bytesMax: 1_000_000 };
const sequences = (backlog: Backlog, from: number, space = room) =>
  backlog.read(from, space).map(({ sequence }) => sequence);

/** A log of some entries, and a backlog above it. */
function backlogOf(logged: readonly number[], above: readonly number[]) {
  const state = new MemoryState();
  state.commit({ append: logged.map((at) => entryOf(at)), apply: [] });
  const backlog = new Backlog({
    first: () => state.logBounds.first,
    read: (from, limit) => state.readLog(from, limit),
    history: (range) => state.logHistory(range),
  });
  for (const at of above) backlog.add(entryOf(at));
  return backlog;
}

test("what is not applied is at hand, what is older is read back from the log", () => {
  const backlog = backlogOf([2, 3, 4], [5, 6]);
  expect(sequences(backlog, 5)).toEqual([5, 6]);
  expect(sequences(backlog, 3)).toEqual([3, 4]);
  expect(backlog.at(6).sequence).toBe(6);
  expect(() => backlog.at(9)).toThrow(BrokenPromise);
});

test("nothing is read across a hole, nor from where the log does not reach", () => {
  const backlog = backlogOf([2, 3, 5], []);
  expect(sequences(backlog, 2)).toEqual([2, 3]);
  expect(sequences(backlog, 1)).toEqual([]);
  expect(backlog.reachesBack(1)).toBe(false);
  expect(backlog.reachesBack(2)).toBe(true);
  expect(backlogOf([], [4]).reachesBack(4)).toBe(true);
  expect(backlogOf([], []).reachesBack(1)).toBe(false);
});

test("a read keeps to its room, and gives at least one entry", () => {
  const backlog = backlogOf([], [1, 2, 3]);
  expect(sequences(backlog, 1, { entriesMax: 2, bytesMax: 1_000 })).toEqual([1, 2]);
  expect(sequences(backlog, 1, { entriesMax: 9, bytesMax: 1 })).toEqual([1]);
});

test("its bytes are those of the entries in it", () => {
  const backlog = backlogOf([], [1, 2]);
  backlog.add(entryOf(3, [put("key", "x".repeat(100))]));
  backlog.add(entryOf(4));
  expect(backlog.drop({ from: 1, to: 3 }).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(backlog.bytes).toBe(entryBytes(entryOf(4)));
  backlog.drop({ from: 1, to: 9 });
  expect(backlog.bytes).toBe(0);
});
