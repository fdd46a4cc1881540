import { expect, test } from "vitest";
import { entryOf } from "../../test/support/benches/samples.ts";
import { MemoryState } from "../storage/memory/state.ts";
import { historyAfter } from "./history.ts";
import { isPrefix } from "./prefix.ts";
import { EMPTY_HISTORY, type Entry } from "./types.ts";

const log = [1, 2, 3, 4, 5, 6].map((sequence) => entryOf(sequence));

/** A leader with these entries in its log, of which some are applied and the oldest forgotten. */
function leader(applied: number, forgotten = 0) {
  const state = new MemoryState();
  state.commit({ append: log, apply: log.slice(0, applied), compactTo: forgotten });
  const { history } = state.summary;
  const entryAt = (sequence: number): Entry => log[sequence - 1] ?? entryOf(sequence);
  const view = {
    first: () => state.logBounds.first,
    read: (from: number, limit: { entriesMax: number; bytesMax: number }) =>
      state.readLog(from, limit),
    history: (range: { from: number; to: number }) => state.logHistory(range),
  };
  return { applied, last: log.length, history, log: view, entryAt };
}

const storeOf = (entries: readonly Entry[]) => ({
  applied: entries.length,
  history: historyAfter(EMPTY_HISTORY, entries),
});

test("a store is a prefix wherever it stands, below and above the leader's applied mark", () => {
  for (let applied = 0; applied <= log.length; applied += 1)
    for (let at = 0; at <= log.length; at += 1)
      expect(isPrefix(storeOf(log.slice(0, at)), leader(applied))).toBe(true);
});

test("one other entry, anywhere, and it is none, although the last one is the same", () => {
  const foreign = log.map((entry) =>
    entry.sequence === 2 ? entryOf(2, [], { origin: 9 }) : entry,
  );
  for (let applied = 0; applied <= log.length; applied += 1)
    for (let at = 2; at <= log.length; at += 1)
      expect(isPrefix(storeOf(foreign.slice(0, at)), leader(applied))).toBe(false);
});

test("a store that has applied more than there is, is none", () => {
  expect(isPrefix(storeOf([...log, entryOf(7)]), leader(6))).toBe(false);
});

test("what cannot be told is taken as it is: no sum, or a log that does not reach back", () => {
  expect(isPrefix({ applied: 2, history: undefined }, leader(6))).toBe(true);
  expect(isPrefix(storeOf([entryOf(1, [], { origin: 9 })]), leader(6, 3))).toBe(true);
});
