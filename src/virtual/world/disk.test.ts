import { beforeEach, describe, expect, test } from "vitest";
import { storageContract } from "../../../test/storage/contract.ts";
import { entry, put } from "../../../test/storage/support.ts";
import type { Clock, StorageFault } from "../../node/ports.ts";
import { createVirtualDisk, type VirtualDisk } from "./disk.ts";

/** Time that stands still until it is told to go on. */
function createManualClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const after = (delayMs: number, run: () => void) => {
    const timer = { at: now + delayMs, run };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  return {
    now: () => now,
    wall: () => now,
    after,
    defer: (run) => void after(0, run),
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers
          .filter(({ at }) => at <= end)
          .sort((one, other) => one.at - other.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

const realTime: Clock = {
  now: () => performance.now(),
  wall: () => performance.now(),
  defer: setImmediate,
  after(_, run) {
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  },
};

storageContract("a virtual disk", () => {
  const disk = createVirtualDisk({ random: () => 0.5, clock: realTime });
  return {
    open: async () => disk.open(),
    reopen: async () => disk.open(),
    dispose: async () => {},
  };
});

describe("a virtual disk", () => {
  let clock: ReturnType<typeof createManualClock>;
  let disk: VirtualDisk;
  /** The next numbers that chance gives; 0 otherwise. */
  let chances: number[];
  let told: (StorageFault | undefined | "flushed")[];
  beforeEach(() => {
    clock = createManualClock();
    chances = [];
    told = [];
    disk = createVirtualDisk({ random: () => chances.shift() ?? 0, clock });
  });

  const writeTo = (storage: ReturnType<VirtualDisk["open"]>, sequence: number): void =>
    storage.write({ append: [entry(sequence, [put("a")])], apply: [] }, (fault) =>
      told.push(fault ?? "flushed"),
    );
  const lastAfterCrash = (): number => disk.open().logBounds().last;

  test("flushes after the time it is given", () => {
    disk.slow(100);
    const storage = disk.open();
    writeTo(storage, 1);
    clock.advance(49);
    expect([told, storage.logBounds().last]).toEqual([[], 0]);
    clock.advance(1);
    expect([told, storage.logBounds().last]).toEqual([["flushed"], 1]);
  });

  test("keeps what was flushed and loses what was not", () => {
    const storage = disk.open();
    writeTo(storage, 1);
    clock.advance(10);
    writeTo(storage, 2);
    disk.crash();
    clock.advance(1000);
    expect(told).toEqual(["flushed"]);
    expect(lastAfterCrash()).toBe(1);
  });

  test("may keep the batch under way whole, or lose it", () => {
    for (const [chance, last] of [
      [0.4, 0],
      [0.6, 1],
    ] as const) {
      writeTo(disk.open(), 1);
      chances = [chance];
      disk.crash();
      expect(lastAfterCrash()).toBe(last);
    }
    clock.advance(1000);
    expect(told).toEqual([]);
  });

  test("faults while it fails, with nothing written, and heals", () => {
    const storage = disk.open();
    disk.fail("no space left on device (ENOSPC)");
    writeTo(storage, 1);
    clock.advance(10);
    expect(told).toEqual([{ reason: "no space left on device (ENOSPC)" }]);
    expect(storage.logBounds().last).toBe(0);
    disk.fail(undefined);
    writeTo(storage, 1);
    clock.advance(10);
    expect(told.at(-1)).toBe("flushed");
  });

  test("is empty after it was wiped, and deaf to the process from before", () => {
    const before = disk.open();
    writeTo(before, 1);
    clock.advance(10);
    disk.wipe();
    writeTo(before, 2);
    clock.advance(10);
    expect(lastAfterCrash()).toBe(0);
  });
});
