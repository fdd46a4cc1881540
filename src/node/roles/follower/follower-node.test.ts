/** What a follower is ready for, at each turn of its life, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../../virtual/world/cluster.ts";
import { Chance } from "../../../virtual/world/random.ts";

function start() {
  const world = new VirtualCluster({
    chance: new Chance(1),
    followers: 2,
    writeQuorum: 1,
    minDelay: 0,
    maxDelay: 0,
    retention: 100,
  });
  /** What the follower was not ready for reads for, at all the steps of that time. */
  const watch = (ms: number): ReadonlySet<string> => {
    const reasons = new Set<string>();
    const until = world.time.now() + ms;
    do
      for (const reason of world.node("follower1")?.notReadyFor("reads") ?? []) reasons.add(reason);
    while (world.step(until));
    return reasons;
  };
  const write = (count: number) => {
    const leader = world.node("leader");
    if (leader?.role !== "leader") throw new Error("no leader");
    for (let at = 0; at < count; at++) {
      leader.submit({ operations: [{ key: `k${at % 50}`, value: "1" }] }, () => {});
      const until = world.time.now() + 20;
      while (world.step(until)) {}
    }
  };
  const isReady = () => world.node("follower1")?.notReadyFor("reads").length === 0;
  return { world, watch, write, isReady };
}

test("a follower is ready for reads once it has held a whole store, with or without a leader", () => {
  const { world, watch, write, isReady } = start();
  world.start("follower1");
  expect([...watch(2_000)]).toEqual(["this node has not yet held a whole store"]);
  expect(isReady()).toBe(false);
  for (const id of ["leader", "follower2"]) world.start(id);
  watch(5_000);
  expect(isReady()).toBe(true);
  write(10);
  world.crash("leader");
  expect([...watch(5_000)]).toEqual([]);
  expect(world.node("follower1")?.status().ready).toBe(false);
  world.crash("follower1");
  world.start("follower1");
  expect([...watch(5_000)]).toEqual([]);
  expect(world.node("follower1")?.notReadyFor("writes")).toEqual([
    "follower1 is a follower; writes go to leader",
  ]);
});

test("a follower that receives a snapshot is ready for reads when it has it", () => {
  const { world, watch, write, isReady } = start();
  for (const id of world.ids) world.start(id);
  watch(5_000);
  world.crash("follower1");
  write(400);
  watch(5_000);
  world.start("follower1");
  world.member("follower1").disk.slow(50);
  expect([...watch(10_000)]).toEqual(["this node receives a snapshot: it is far behind"]);
  expect(isReady()).toBe(true);
});
