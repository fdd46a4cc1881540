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
