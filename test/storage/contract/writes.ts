import { expect, test } from "vitest";
import type { StorageFault } from "../../../src/node/ports.ts";
import { BLANK_HARD_STATE, EMPTY_HISTORY } from "../../../src/replication/types.ts";
import {
  type Current,
  emptyDigest,
  enough,
  entry,
  everything,
  flushed,
  hardState,
  put,
  sequencesOf,
  write,
} from "../support.ts";

/** The promises about batches and the hard state. */
export function testWrites(current: Current): void {
  test("an empty disk has a blank hard state, an empty log and an empty store", () => {
    const storage = current();
    expect(storage.hardState()).toEqual(BLANK_HARD_STATE);
    const nothing = { digest: emptyDigest, history: EMPTY_HISTORY };
    expect(storage.summary()).toEqual({ applied: 0, ...nothing, keys: 0 });
    expect(storage.logBounds()).toEqual({ first: 0, last: 0 });
    expect(storage.readLog(1, enough)).toEqual([]);
    expect(storage.get("a")).toBeUndefined();
    expect(storage.list({ prefix: "", limit: 10 })).toEqual([]);
    expect(everything(storage)).toEqual([]);
  });

  test("the hard state is the one last flushed; a batch without one leaves it", async () => {
    await write(current(), { hardState });
    await write(current(), { append: [entry(1, [])] });
    expect(current().hardState()).toEqual(hardState);
  });

  test("done is called after write returns, never inside it", async () => {
    let returned = false;
    const done = flushed((called) =>
      current().write({ append: [], apply: [] }, (fault) => {
        expect(returned).toBe(true);
        called(fault);
      }),
    );
    returned = true;
    await done;
  });

  test("a write that does not wait for the one before it violates an invariant", async () => {
    current().incoming.begin();
    const append = (sequence: number): Promise<void> =>
      write(current(), { append: [entry(sequence, [])] });
    const first = append(1);
    const broken = "broken promise: a write begins only after the one before it is answered";
    expect(() => current().incoming.begin()).toThrow(broken);
    expect(() => current().incoming.add([], () => {})).toThrow(broken);
    await expect(append(2)).rejects.toThrow(broken);
    await first;
    expect(sequencesOf(current().readLog(1, enough))).toEqual([1]);
    await append(2);
  });

  test("done may begin the next write", async () => {
    const writeFrom = (sequence: number, done: (fault: StorageFault | undefined) => void): void =>
      current().write({ append: [entry(sequence, [])], apply: [] }, (fault) => {
        if (fault !== undefined || sequence === 4) done(fault);
        else writeFrom(sequence + 1, done);
      });
    await flushed((done) => writeFrom(1, done));
    expect(sequencesOf(current().readLog(1, enough))).toEqual([1, 2, 3, 4]);
  });

  test("one batch appends, applies, sets the hard state and compacts, in that order", async () => {
    const entries = [1, 2, 3].map((number) => entry(number, [put("key", String(number))]));
    await write(current(), {
      append: entries,
      apply: entries,
      hardState,
      compactTo: 2,
    });
    expect(sequencesOf(current().readLog(1, enough))).toEqual([3]);
    expect(current().summary().applied).toBe(3);
    expect(current().hardState()).toEqual(hardState);
  });
}
