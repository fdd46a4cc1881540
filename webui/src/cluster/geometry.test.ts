import { expect, test } from "vitest";
import type { WriteTrace } from "../state/traces.ts";
import { along, layoutFor, travellers } from "./geometry.ts";

const trace: WriteTrace = {
  sequence: 1,
  at: 0,
  keys: ["k"],
  kind: "put",
  quorum: 2,
  outcome: "settled",
  wasUnknown: false,
  acks: [
    { node: "follower1", ms: 60, delayMs: 55 },
    { node: "follower2", ms: 600, delayMs: 590 },
  ],
  latencyMs: 600,
  runningP50Ms: 600,
  runningP95Ms: 600,
};

test("a write leaves for all at once, and each ack is back exactly when it really came", () => {
  expect(travellers(trace, -1)).toEqual([]);
  expect(travellers(trace, 0).map(({ share, way }) => [share, way])).toEqual([
    [0, "out"],
    [0, "out"],
  ]);
  expect(travellers(trace, 60).map(({ node }) => node)).toEqual(["follower2"]);
  expect(travellers(trace, 599.9)[0]?.share).toBeCloseTo(0, 2);
  expect(travellers(trace, 600)).toEqual([]);
});

test("the way back is the last sixth, and the answering ack is marked", () => {
  const turn = 500;
  expect(travellers(trace, turn - 1)[0]).toMatchObject({ way: "out", answers: true });
  expect(travellers(trace, turn + 1)[0]).toMatchObject({ way: "back", answers: true });
  expect(travellers(trace, 30)[0]?.answers).toBe(false);
});

test("roads begin at the leader and end at their followers, wide and narrow", () => {
  for (const rowHeight of [0, 84]) {
    const { roads, height, width } = layoutFor({ width: 500, rowHeight, count: 5 });
    expect(roads).toHaveLength(5);
    for (const road of roads) {
      expect(along(road, 0)).toEqual(road.from);
      expect(along(road, 1)).toEqual(road.to);
      expect(road.to.x).toBeLessThanOrEqual(width);
      expect(road.to.y).toBeLessThanOrEqual(height);
    }
  }
});
