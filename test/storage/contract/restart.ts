import { expect, test } from "vitest";
import {
  type Current,
  enough,
  entry,
  everything,
  hardState,
  put,
  type Restart,
  trickyKeys,
  write,
} from "../support.ts";

/** The promises about restarts. */
export function testRestart(current: Current, restart: Restart): void {
  test("everything flushed is there again", async () => {
    const entries = trickyKeys.map((key, index) => entry(index + 1, [put(key)]));
    await write(current(), { append: entries, apply: entries.slice(0, 7), hardState });
    const before = [current().summary(), everything(current()), current().logBounds()];
    if (!(await restart())) return;
    expect([current().summary(), everything(current()), current().logBounds()]).toEqual(before);
    expect(current().hardState()).toEqual(hardState);
    expect(current().readLog(1, enough)).toEqual(entries);
    await write(current(), { apply: entries.slice(7) });
    expect(current().summary().applied).toBe(entries.length);
  });

  test("closing waits for the write under way", async () => {
    const written = write(current(), { append: [entry(1, [])] });
    if (await restart()) expect(current().readLog(1, enough)).toEqual([entry(1, [])]);
    await written;
  });
}
