/** Leaders that moved and came back, and stores that are not a prefix: directed, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../src/virtual/world/cluster.ts";
import { Chance } from "../../src/virtual/world/random.ts";

/** Real nodes; `a=1` is settled everywhere. */
function begin({ followers = 3, writeQuorum = 2 } = {}) {
  const world = new VirtualCluster({
    chance: new Chance(1),
    followers,
    writeQuorum,
    admitsLoss: true,
    minDelay: 0,
    maxDelay: 0,
    retention: 100,
  });
  const pass = (ms: number) => {
    const until = world.time.now() + ms;
    while (world.step(until)) {}
  };
  /** Everybody named stops; those of them in `up` start again, led by `leader`. */
  const lead = (leader: string, up: readonly string[]) => {
    for (const id of world.ids) world.crash(id);
    world.leader = leader;
    for (const id of up) world.start(id);
    pass(5_000);
    return world.node(leader)?.status();
  };
  const write = (key: string, value: string, quorum?: number): string => {
    let answer = "none";
    const node = world.node(world.leader);
    if (node?.role !== "leader") return "no leader";
    const request = { operations: [{ key, value }], ...(quorum === undefined ? {} : { quorum }) };
    node.submit(request, (result) => {
      answer = result.ok ? "ok" : result.failure.code;
    });
    pass(3_000);
    return answer;
  };
  const read = (id: string, key: string) => {
    const result = world.node(id)?.read({ key });
    if (result === undefined || result instanceof Promise) return "no answer";
    return result.ok ? result.value.value : result.failure.code;
  };
  for (const id of world.ids) world.start(id);
  pass(5_000);
  expect(write("a", "1", followers)).toBe("ok");
  pass(1_000);
  return { world, pass, lead, write, read };
}

/** The old leader applied alone, without any ack, what no other node has. */
function alone({ world, pass, write }: ReturnType<typeof begin>): void {
  for (const id of world.followers) world.crash(id);
  pass(3_000);
  for (const value of ["2", "3", "4", "5", "6"]) expect(write("a", value, 0)).toBe("ok");
}

/** The former leader knows, durably, that its store will be replaced, and has no other yet. */
function beginToReplace({ world }: ReturnType<typeof begin>): void {
  const { disk } = world.member("leader");
  world.start("leader");
  const isMarked = () => disk.look().hardState().blank;
  while (!isMarked() && world.step(world.time.now() + 5_000)) {}
  expect(isMarked()).toBe(true);
  expect(disk.look().summary().applied).toBe(6);
}

test("a recovery does not prefer a store that applied alone to what a later leader settled", () => {
  const stage = begin();
  const { lead, write, read } = stage;
  alone(stage);
  expect(lead("follower1", ["follower1", "follower2", "follower3"])?.ready).toBe(true);
  expect(write("b", "1", 2)).toBe("ok");
  // Nobody loses a disk: leadership moves on, and the first leader is back.
  expect(lead("follower2", ["follower2", "leader", "follower1"])?.ready).toBe(true);
  expect(read("follower2", "b")).toBe("1");
});

test("a recovery does not take a store that was being replaced", () => {
  const stage = begin();
  const { world, lead, write, read } = stage;
  alone(stage);
  lead("follower1", ["follower1", "follower2", "follower3"]);
  expect(write("b", "1", 2)).toBe("ok");
  // Its replacement begins, and is cut off.
  beginToReplace(stage);
  world.crash("leader");
  expect(lead("follower2", ["follower2", "leader", "follower1", "follower3"])?.ready).toBe(true);
  expect(read("follower2", "b")).toBe("1");
});

test("a leader that applied alone does not come back with its own store", () => {
  const stage = begin();
  const { lead, write, read } = stage;
  alone(stage);
  lead("follower1", ["follower1", "follower2", "follower3"]);
  expect(write("b", "1", 2)).toBe("ok");
  expect(lead("leader", ["leader", "follower1", "follower2", "follower3"])?.ready).toBe(true);
  expect(read("leader", "b")).toBe("1");
});

test.for([
  ["without its disk", true],
  ["with an intact log", false],
] as const)("two of five followers at quorum 5 are enough to start a leader %s", ([, wiped]) => {
  const { world, pass } = begin({ followers: 5, writeQuorum: 5 });
  for (const id of ["follower3", "follower4", "follower5"]) world.crash(id);
  if (wiped) world.wipe("leader");
  else world.crash("leader");
  world.start("leader");
  pass(20_000);
  expect(world.node("leader")?.notReadyFor("reads")).toEqual([]);
});

test("a watch does not go on over a store that replaced another history", () => {
  const stage = begin();
  const { world, pass, lead, write } = stage;
  alone(stage);
  lead("follower1", ["follower1", "follower2", "follower3"]);
  for (let count = 0; count < 5; count += 1) expect(write("b", String(count), 2)).toBe("ok");
  // As far as the other, with other entries.
  const [old, next] = [world.member("leader").disk.look(), world.member("follower1").disk.look()];
  expect(old.summary().applied).toBe(next.summary().applied);
  let failed = "";
  let told = 0;
  world.start("leader");
  const added = world.node("leader")?.watch({
    prefix: "",
    applied: () => {
      told += 1;
      return true;
    },
    failed: (failure) => {
      failed = failure.code;
    },
  });
  expect(added?.ok).toBe(true);
  pass(5_000);
  expect(world.node("leader")?.status().ready).toBe(true);
  expect({ failed, told }).toEqual({ failed: "COMPACTED", told: 0 });
});

test("a store that is known not to be the cluster's is not read once the leader is gone", () => {
  const stage = begin();
  const { world, pass, lead, write, read } = stage;
  alone(stage);
  lead("follower1", ["follower1", "follower2", "follower3"]);
  expect(write("b", "1", 2)).toBe("ok");
  beginToReplace(stage);
  expect(read("leader", "a")).toBe("RECOVERING");
  world.crash("follower1");
  world.crash("leader");
  world.start("leader");
  pass(200);
  expect(world.member("leader").disk.look().summary().applied).toBe(6);
  expect(read("leader", "a")).toBe("RECOVERING");
});
