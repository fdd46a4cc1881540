import { expect, test } from "vitest";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { Waiting } from "./waiting.ts";

function bench() {
  const clock = new VirtualClock();
  const waiting = new Waiting(clock);
  const told: string[] = [];
  const wait = (name: string, sequence: number, timeoutMs = 100) =>
    waiting.add(sequence, {
      timeoutMs,
      reached: () => told.push(`${name} reached`),
      expired: () => told.push(`${name} expired`),
    });
  return { clock, waiting, told, wait };
}

test("each one is told once: that it was reached, or that its time is up", () => {
  const { clock, waiting, told, wait } = bench();
  wait("a", 1);
  wait("b", 1);
  wait("c", 2, 50);
  expect(waiting.size).toBe(3);
  waiting.reach(1);
  waiting.reach(1);
  clock.advance(1_000);
  waiting.reach(2);
  expect(told).toEqual(["a reached", "b reached", "c expired"]);
  expect(waiting.size).toBe(0);
});

test("no timer is left of those who were told", () => {
  const { clock, waiting, wait } = bench();
  wait("a", 1);
  wait("b", 2);
  waiting.reachAll(1);
  expect(clock.pending).toBe(1);
  waiting.expireAll();
  expect(clock.pending).toBe(0);
});

test("reaching a mark reaches everything below it, and nothing above", () => {
  const { waiting, told, wait } = bench();
  for (const at of [3, 1, 2]) wait(`${at}`, at);
  waiting.reachAll(2);
  expect(told.sort()).toEqual(["1 reached", "2 reached"]);
});

test("whoever is told may wait again at once", () => {
  const { clock, waiting, told, wait } = bench();
  waiting.add(1, { timeoutMs: 100, reached: () => wait("again", 1), expired: () => {} });
  waiting.reach(1);
  expect(waiting.size).toBe(1);
  clock.advance(100);
  expect(told).toEqual(["again expired"]);
});
