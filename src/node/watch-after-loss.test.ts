/** Watches that resume at nodes which never had, or have no more, what their clients have seen. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../virtual/world/cluster.ts";
import { Chance } from "../virtual/world/random.ts";

function cluster() {
  const world = new VirtualCluster({
    chance: new Chance(1),
    ...{ followers: 2, writeQuorum: 1, minDelay: 0, maxDelay: 0, retention: 100 },
  });
  const pass = (ms: number) => {
    const until = world.time.now() + ms;
    while (world.step(until)) {}
  };
  const leader = () => {
    const node = world.node("leader");
    if (node?.role !== "leader") throw new Error("no leader");
    return node;
  };
  const write = (count: number) => {
    for (let number = 0; number < count; number += 1) {
      leader().submit({ operations: [{ key: "a", value: `${number}` }] }, () => {});
      pass(500);
    }
  };
  const watch = (id: string, after: number) => {
    const codes: string[] = [];
    const seen: number[] = [];
    const state = { opened: false };
    const result = world.node(id)?.watch({
      ...{ prefix: "", after },
      opened: () => {
        state.opened = true;
      },
      applied: (operations) => {
        seen.push(...operations.map(({ sequence }) => sequence));
        return true;
      },
      failed: ({ code }) => codes.push(code),
    });
    if (result?.ok === false) codes.push(result.failure.code);
    return { codes, seen, state };
  };
  for (const id of world.ids) world.start(id);
  while (!leader().status().ready && world.step(world.time.now() + 5_000)) {}
  pass(2_000);
  return { world, pass, write, watch };
}

test("in a cluster that began anew, a watch from before is COMPACTED at every node", () => {
  const { world, pass, write, watch } = cluster();
  write(4);
  expect(watch("leader", 10)).toMatchObject({ codes: ["COMPACTED"], state: { opened: false } });
  for (const id of world.followers) {
    const future = watch(id, 10);
    const atEnd = watch(id, 4);
    pass(3_000);
    expect(future).toMatchObject({ codes: ["COMPACTED"], state: { opened: false } });
    write(1);
    expect(atEnd).toMatchObject({ codes: [], state: { opened: true } });
    expect(atEnd.seen.length).toBeGreaterThan(0);
  }
});

test("a follower that is merely behind lets a watch wait", () => {
  const { world, pass, write, watch } = cluster();
  write(3);
  world.network.cut(["leader"], ["follower1"]);
  write(3);
  const behind = watch("follower1", 6);
  world.network.join(["leader"], ["follower1"]);
  pass(3_000);
  expect(behind).toMatchObject({ codes: [], state: { opened: true } });
  write(1);
  expect(behind.seen).toEqual([7]);
});

test("a follower without a leader answers RECOVERING within its timeout", () => {
  const { world, pass, write, watch } = cluster();
  write(3);
  world.crash("leader");
  pass(1_000);
  const waiting = watch("follower1", 6);
  const atEnd = watch("follower1", 3);
  pass(700_000);
  expect(waiting).toMatchObject({ codes: ["RECOVERING"], state: { opened: false } });
  expect(atEnd).toMatchObject({ codes: [], state: { opened: true } });
});

test("a leader decides once it leads, not while it recovers", () => {
  const { world, pass, write, watch } = cluster();
  write(3);
  world.wipe("leader");
  for (const id of world.followers) world.crash(id);
  world.start("leader");
  const [past, future] = [watch("leader", 3), watch("leader", 10)];
  pass(500);
  expect([past.codes, future.codes]).toEqual([[], []]);
  for (const id of world.followers) world.start(id);
  pass(3_000);
  expect(past).toMatchObject({ codes: [], state: { opened: true } });
  expect(future).toMatchObject({ codes: ["COMPACTED"], state: { opened: false } });
});
