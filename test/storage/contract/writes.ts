import { expect, test } from "vitest";
import { BLANK_HARD_STATE, EMPTY_DIGEST, EMPTY_HISTORY } from "../../../src/replication/types.ts";
import {
  type Current,
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
    const nothing = { digest: EMPTY_DIGEST, history: EMPTY_HISTORY };
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

  test("writes that do not wait for each other are flushed in order", async () => {
    const order: number[] = [];
    const batch = (number: number): Promise<void> =>
      write(current(), { apply: [entry(number, [put("key", String(number))])] }).then(() => {
        order.push(number);
      });
    await Promise.all([1, 2, 3, 4].map(batch));
    expect(order).toEqual([1, 2, 3, 4]);
    expect(current().get("key")?.value).toBe("4");
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
