import { expect, test } from "vitest";
import { VirtualCluster } from "../virtual/world/cluster.ts";
import { Chance } from "../virtual/world/random.ts";
import type { NodeEvent } from "./api.ts";

function cluster() {
  const world = new VirtualCluster({
    ...{ chance: new Chance(1), followers: 2, writeQuorum: 1, minDelay: 0, maxDelay: 0 },
    retention: 100,
  });
  for (const id of world.ids) world.start(id);
  const leader = world.node("leader");
  if (leader?.role !== "leader") throw new Error("no leader");
  while (!leader.status().ready && world.step(5_000)) {}
  const rates: (NodeEvent & { type: "rate" })[] = [];
  leader.subscribe((event) => {
    if (event.type === "rate") rates.push(event);
  });
  const write = (change: object = {}) =>
    leader.submit({ operations: [{ key: "a", value: "1", ...change }] }, () => {});
  const pass = (ms: number) => {
    const until = world.time.now() + ms;
    while (world.step(until)) {}
  };
  return { world, leader, rates, write, pass };
}

test("refused and unknown writes are counted, second by second, with the reason", () => {
  const { world, leader, rates, write, pass } = cluster();
  write();
  pass(1_100);
  write({ ifVersion: 77 });
  for (let number = 0; number < 3; number++)
    leader.submit({ operations: [{ key: "a", value: "1" }], quorum: 3 }, () => {});
  pass(1_100);
  world.network.cut(["leader"], world.followers);
  leader.submit({ operations: [{ key: "a", value: "2" }], timeoutMs: 10 }, () => {});
  pass(20_000);
  write();
  pass(1_100);
  const total = (code: string) => rates.reduce((sum, rate) => sum + (rate.refused[code] ?? 0), 0);
  expect(total("VERSION_MISMATCH")).toBe(1);
  expect(total("INVALID_ARGUMENT")).toBe(3);
  expect(total("QUORUM_UNAVAILABLE")).toBe(1);
  expect(rates.reduce((sum, { unknown }) => sum + unknown, 0)).toBe(1);
  expect(rates.find(({ writes }) => writes === 1)).toMatchObject({ p99: expect.any(Number) });
});

test("a refused condition is counted when it is answered, by the code of the answer", () => {
  const { world, leader, rates, pass } = cluster();
  world.network.cut(["leader"], world.followers);
  const codes: string[] = [];
  const submit = (change: object, timeoutMs: number) => {
    const operations = [{ key: "a", value: "1", ...change }];
    leader.submit({ operations, timeoutMs }, (answer) => {
      if (!answer.ok) codes.push(answer.failure.code);
    });
  };
  submit({}, 5_000);
  // Whether it holds depends on the write before, which settles only after the deadline of the first.
  submit({ ifVersion: 77 }, 100);
  submit({ ifVersion: 77 }, 5_000);
  const counted = () =>
    rates.map(({ refused }) => refused).filter((refused) => Object.keys(refused).length > 0);
  pass(1_100);
  expect(codes).toEqual(["QUORUM_UNAVAILABLE"]);
  expect(counted()).toEqual([{ QUORUM_UNAVAILABLE: 1 }]);
  world.network.join(["leader"], world.followers);
  pass(3_000);
  expect(codes).toEqual(["QUORUM_UNAVAILABLE", "VERSION_MISMATCH"]);
  expect(counted()).toEqual([{ QUORUM_UNAVAILABLE: 1 }, { VERSION_MISMATCH: 1 }]);
});

test("a follower whose leader is gone says so, and does not guess how the others are", () => {
  const { world, write, pass } = cluster();
  write();
  pass(1_000);
  const follower = world.node("follower1");
  if (follower?.role !== "follower") throw new Error("no follower");
  const views = () => new Map(follower.cluster().nodes.map((member) => [member.id, member]));
  expect(views().get("leader")).toMatchObject({ state: "live", applied: 1 });
  world.crash("leader");
  pass(5_000);
  expect(follower.cluster().fromLeader).toBe(false);
  expect(views().get("leader")).toMatchObject({ state: "unreachable" });
  expect(views().get("follower1")).toMatchObject({ state: "live", applied: 1 });
  expect(views().get("follower2")).toMatchObject({
    ...{ state: "unknown", acked: null, applied: null, lag: null, lagMs: null },
    ...{ lastContactMs: null, digestMatch: null },
  });
});
