import { expect, test } from "vitest";
import { VirtualCluster } from "../../test/virtual/cluster.ts";
import { Chance } from "../../test/virtual/random.ts";
import type { Result } from "../errors.ts";
import type { WriteReceipt, WriteRequest } from "./api.ts";
import { LeaderNode } from "./leader-node.ts";

/** Three real nodes on virtual time, led and ready. */
function cluster() {
  const world = new VirtualCluster({
    chance: new Chance(1),
    followers: 2,
    writeQuorum: 1,
    minDelay: 0,
    maxDelay: 0,
    retention: 100,
  });
  for (const id of world.ids) world.start(id);
  const leader = world.node("leader");
  if (!(leader instanceof LeaderNode)) throw new Error("no leader");
  while (!leader.status().ready && world.step(5_000)) {}
  const answers: Result<WriteReceipt>[] = [];
  const write = (request: Partial<WriteRequest> = {}) =>
    leader.submit({ operations: [{ key: "a", value: "1" }], ...request }, (answer) =>
      answers.push(answer),
    );
  const pass = (ms: number) => {
    const until = world.time.now() + ms;
    while (world.step(until)) {}
  };
  const codes = () => answers.map((answer) => (answer.ok ? "ok" : answer.failure.code));
  const cut = () => {
    for (const id of world.followers) world.network.wire(id).toFollowerCut = true;
  };
  return { world, leader, write, pass, codes, cut };
}

test("a writer is answered once, when the entry settles", () => {
  const { write, pass, codes } = cluster();
  write();
  pass(10_000);
  expect(codes()).toEqual(["ok"]);
});

test("a write whose deadline passes is answered unknown, once, although it settles later", () => {
  const { world, leader, write, pass, codes, cut } = cluster();
  cut();
  write({ timeoutMs: 300 });
  pass(400);
  expect(codes()).toEqual(["OUTCOME_UNKNOWN"]);
  for (const id of world.followers) {
    world.network.wire(id).toFollowerCut = false;
    world.network.heal(id);
  }
  pass(5_000);
  expect(codes()).toEqual(["OUTCOME_UNKNOWN"]);
  expect(leader.read({ key: "a" })).toMatchObject({ ok: true, value: { value: "1" } });
});

test("closing refuses new writes and answers every old one", async () => {
  const { leader, write, pass, codes, cut } = cluster();
  cut();
  write();
  pass(1);
  write();
  const closed = leader.close();
  write();
  pass(4_000);
  await closed;
  expect(codes().sort()).toEqual(["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN", "SHUTTING_DOWN"]);
});

test("closing ends while storage refuses to flush, be it before or meanwhile", async () => {
  for (const faultFirst of [true, false]) {
    const { world, leader, write, pass, codes } = cluster();
    const fail = () => world.member("leader").disk.fail("no space left");
    if (faultFirst) fail();
    write();
    pass(0.1);
    const closed = leader.close();
    fail();
    pass(4_000);
    await closed;
    expect(codes()).toHaveLength(1);
  }
});

test("a follower's closing ends although its leader keeps sending", async () => {
  const { world, write, pass } = cluster();
  const follower = world.node("follower1");
  world.member("follower1").disk.slow(20);
  for (let at = 0; at < 50; at += 1) {
    write();
    pass(1);
  }
  const closed = follower?.close();
  for (let at = 0; at < 100; at += 1) {
    write();
    pass(1);
  }
  await closed;
  expect(follower?.status().ready).toBe(false);
});
