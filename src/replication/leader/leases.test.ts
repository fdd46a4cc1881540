import { describe, expect, test } from "vitest";
import { countedMs, leaseMs } from "../lease.ts";
import { Leases } from "./leases.ts";

/** The lease of one of six nodes. */
const start = (isOn = true) => new Leases({ isOn, needed: 3 });

describe("a lease is held", () => {
  test("while enough followers lend, counted from when each was asked, less 5 %", () => {
    const leases = start();
    leases.lent("a", { number: 1, at: 100 });
    leases.lent("b", { number: 2, at: 200 });
    expect(leases.isHeld(200)).toBe(false);
    leases.lent("c", { number: 3, at: 300 });
    expect(countedMs).toBeLessThanOrEqual(leaseMs * 0.95);
    expect(leases.isHeld(100 + countedMs - 1)).toBe(true);
    expect(leases.isHeld(100 + countedMs)).toBe(false);
    leases.lent("d", { number: 3, at: 300 });
    expect(leases.isHeld(200 + countedMs - 1)).toBe(true);
    expect(leases.isHeld(200 + countedMs)).toBe(false);
  });

  test("not longer because one follower lends twice, or an older answer comes late", () => {
    const leases = start();
    for (const number of [1, 2, 3]) leases.lent("a", { number, at: 100 * number });
    expect(leases.isHeld(301)).toBe(false);
    leases.lent("b", { number: 3, at: 300 });
    leases.lent("c", { number: 3, at: 300 });
    leases.lent("c", { number: 1, at: 100 });
    expect(leases.isHeld(300 + countedMs - 1)).toBe(true);
  });
});

test("a lease that was given up is gone, and what was lent with earlier rounds never counts again", () => {
  const leases = start();
  for (const by of ["a", "b", "c"]) leases.lent(by, { number: 7, at: 100 });
  leases.giveUp(8);
  expect([leases.isHeld(101), leases.isWanted]).toEqual([false, false]);
  leases.resume();
  expect([leases.isHeld(101), leases.isWanted]).toEqual([false, true]);
  for (const by of ["a", "b", "c"]) leases.lent(by, { number: 8, at: 110 });
  expect(leases.isHeld(111)).toBe(false);
  for (const by of ["a", "b", "c"]) leases.lent(by, { number: 9, at: 120 });
  expect(leases.isHeld(121)).toBe(true);
});

test("nobody is asked for a lease with READ_LEASE=0, or by a leader that cannot lead", () => {
  expect(start(false).isWanted).toBe(false);
  const leases = start();
  leases.isAble = false;
  expect(leases.isWanted).toBe(false);
});
