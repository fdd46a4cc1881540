import { expect, test } from "vitest";
import type { NodeEvent } from "./api.ts";
import { EventHub } from "./event-hub.ts";

const event = (at: number): NodeEvent => ({
  type: "unknown",
  at,
  sequence: at,
  quorum: 1,
  acks: [],
});

test("a late listener gets the recent past, oldest first, and then what comes", () => {
  const hub = new EventHub();
  hub.publish(event(1));
  hub.publish(event(2));
  const heard: number[] = [];
  const { history, cancel } = hub.subscribe(({ at }) => heard.push(at));
  expect(history.map(({ at }) => at)).toEqual([1, 2]);
  hub.publish(event(3));
  cancel();
  cancel();
  hub.publish(event(4));
  expect(heard).toEqual([3]);
});

test("the history is bounded, and its end is what happened last", () => {
  const hub = new EventHub();
  for (let at = 1; at <= 20_000; at += 1) hub.publish(event(at));
  const { history } = hub.subscribe(() => {});
  expect(history).toHaveLength(2_048);
  expect(history.at(-1)?.at).toBe(20_000);
});

test("the history is bounded in bytes, too: a newcomer is sent all of it at once", () => {
  const hub = new EventHub();
  const keys = Array.from({ length: 100 }, () => "語".repeat(300));
  for (let at = 1; at <= 100; at += 1)
    hub.publish({ type: "write", at, sequence: at, keys, kind: "batch", quorum: 1 });
  const { history } = hub.subscribe(() => {});
  expect(history.at(-1)?.at).toBe(100);
  expect(Buffer.byteLength(JSON.stringify(history))).toBeLessThanOrEqual(520 * 1024);
  expect(history.length).toBeGreaterThan(1);
});

test("an event larger than the history may be is told, and not remembered", () => {
  const hub = new EventHub();
  const heard: number[] = [];
  hub.subscribe(({ at }) => heard.push(at));
  const keys = Array.from({ length: 128 }, () => "\u0001".repeat(1024));
  hub.publish({ type: "write", at: 1, sequence: 1, keys, kind: "batch", quorum: 1 });
  expect(heard).toEqual([1]);
  expect(hub.subscribe(() => {}).history).toEqual([]);
  hub.publish(event(2));
  expect(hub.subscribe(() => {}).history.map(({ at }) => at)).toEqual([2]);
});
