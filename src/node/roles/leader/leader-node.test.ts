import { expect, test } from "vitest";
import type { Result } from "../../../errors.ts";
import { DEFAULT_LIMITS } from "../../../replication/limits.ts";
import { VirtualCluster } from "../../../virtual/world/cluster.ts";
import { Chance } from "../../../virtual/world/random.ts";
import { tightLimits } from "../../../virtual/world/settings.ts";
import type { WriteReceipt, WriteRequest } from "../../api.ts";

/** Real nodes on virtual time, led and ready. */
function cluster({
  followers = 2,
  writeQuorum = 1,
  admitsLoss = false,
  delay = 0,
  limits = tightLimits,
} = {}) {
  const world = new VirtualCluster({
    chance: new Chance(1),
    followers,
    writeQuorum,
    admitsLoss,
    limits,
    minDelay: delay,
    maxDelay: delay,
    retention: 100,
  });
  for (const id of world.ids) world.start(id);
  const leader = world.node("leader");
  if (leader?.role !== "leader") throw new Error("no leader");
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
    world.network.cut(["leader"], world.followers);
  };
  return { world, leader, write, pass, answers, codes, cut };
}

test("a writer is answered once, when the entry settles", () => {
  const { write, pass, codes } = cluster();
  write();
  pass(10_000);
  expect(codes()).toEqual(["ok"]);
});

test("however many writes come at once, none waits for the acks of others", () => {
  const limits = { ...DEFAULT_LIMITS, messageEntriesMax: 1 };
  const { write, pass, codes } = cluster({ delay: 100, limits });
  pass(1_000);
  const count = 60;
  for (let each = 0; each < count; each += 1) write();
  pass(150);
  expect(codes()).toEqual(Array.from({ length: count }, () => "ok"));
});

test("a write whose deadline passes is answered unknown, once, although it settles later", () => {
  const { world, leader, write, pass, codes, cut } = cluster();
  cut();
  write({ timeoutMs: 300 });
  pass(400);
  expect(codes()).toEqual(["OUTCOME_UNKNOWN"]);
  world.network.join(["leader"], world.followers);
  pass(5_000);
  expect(codes()).toEqual(["OUTCOME_UNKNOWN"]);
  expect(leader.read({ key: "a" })).toMatchObject({ ok: true, value: { value: "1" } });
});

test("a write of unknown outcome has a version only once the leader's log holds it", () => {
  for (const isFull of [true, false]) {
    const { world, write, pass, answers, cut } = cluster();
    if (isFull) world.member("leader").disk.fail("no space left");
    else cut();
    write({ timeoutMs: 300 });
    pass(400);
    const failure = answers[0]?.ok === false ? answers[0].failure : undefined;
    expect(failure?.code).toBe("OUTCOME_UNKNOWN");
    expect(failure?.members?.["version"]).toBe(isFull ? undefined : 1);
  }
});

test("a version that a client was told is not given to another write after a restart", () => {
  for (const isFull of [true, false]) {
    const { world, write, pass, answers, cut } = cluster();
    if (isFull) world.member("leader").disk.fail("no space left");
    else cut();
    write({ operations: [{ key: "k", value: '"A"' }], timeoutMs: 300 });
    pass(400);
    const told = answers[0]?.ok === false ? answers[0].failure.members?.["version"] : undefined;
    world.crash("leader");
    world.member("leader").disk.fail(undefined);
    world.network.join(["leader"], world.followers);
    world.start("leader");
    const again = world.node("leader");
    if (again?.role !== "leader") throw new Error("no leader");
    while (!again.status().ready && world.step(20_000)) {}
    again.submit({ operations: [{ key: "k", value: '"B"' }] }, (answer) => answers.push(answer));
    pass(1_000);
    const version = answers[1]?.ok ? answers[1].value.version : undefined;
    expect(version).toBeGreaterThan(0);
    expect(version).not.toBe(told);
  }
});

test("a leader deposed on a full disk answers no stale read after a restart", () => {
  const { world, leader, write, pass } = cluster({ followers: 3, writeQuorum: 2 });
  write();
  pass(1_000);
  expect(leader.read({ key: "a" })).toMatchObject({ value: { value: "1" } });
  // Its deposition cannot be flushed, and is forgotten by the restart.
  world.member("leader").disk.fail("no space left");
  for (const id of world.followers) world.crash(id);
  const [other = "", ...rest] = world.followers;
  world.leader = other;
  for (const id of [other, ...rest]) world.start(id);
  const second = world.node(other);
  if (second?.role !== "leader") throw new Error("no second leader");
  while (!second.status().ready && world.step(20_000)) {}
  const operations = [{ key: "a", value: "2" }];
  second.submit({ operations }, (answer) => expect(answer.ok).toBe(true));
  pass(2_000);
  world.crash("leader");
  world.member("leader").disk.fail(undefined);
  world.leader = "leader";
  world.start("leader");
  const answered: unknown[] = [];
  const until = world.time.now() + 3_000;
  while (world.step(until)) {
    const answer = world.node("leader")?.read({ key: "a" });
    if (answer !== undefined && "ok" in answer && answer.ok) answered.push(answer.value);
  }
  expect(answered).toEqual([]);
});

test("a former leader that applied alone follows with the cluster's store, not with its own", () => {
  const { world, leader, write, pass } = cluster({
    followers: 3,
    writeQuorum: 2,
    admitsLoss: true,
  });
  write();
  pass(1_000);
  const [second = "", ...rest] = world.followers;
  for (const id of world.followers) world.crash(id);
  pass(3_000);
  for (const value of ["alone", "alone too", "and again"])
    write({ operations: [{ key: "a", value: JSON.stringify(value) }], quorum: 0 });
  pass(1_000);
  expect(leader.status()).toMatchObject({ applied: 4 });
  world.crash("leader");
  world.leader = second;
  for (const id of [second, ...rest]) world.start(id);
  const next = world.node(second);
  if (next?.role !== "leader") throw new Error("no second leader");
  while (!next.status().ready && world.step(30_000)) {}
  const answers: boolean[] = [];
  const operations = [{ key: "b", value: "1" }];
  next.submit({ operations }, ({ ok }) => answers.push(ok));
  pass(1_000);
  const errors = new Set<string>();
  world.log = (id, line) => {
    if (line.includes("snapshot replaces its store")) errors.add(id);
  };
  world.start("leader");
  while (errors.size < 2 && world.step(40_000)) {}
  next.submit({ operations, quorum: 3 }, ({ ok }) => answers.push(ok));
  pass(5_000);
  next.submit({ operations, quorum: 3 }, ({ ok }) => answers.push(ok));
  pass(1_000);
  // Not counted while its store was its own; counted once that was replaced.
  expect(answers).toEqual([true, false, true]);
  expect([...errors].sort()).toEqual([second, "leader"].sort());
  const former = world.node("leader");
  expect(former?.status().digest).toBe(next.status().digest);
  expect(former?.read({ key: "a" })).toMatchObject({ value: { value: "1", version: 1 } });
});

test("one follower with another LEADER disturbs nobody, and is named to the operators", () => {
  const { world, leader, write, pass, codes } = cluster();
  const warnings: string[] = [];
  world.log = (id, line) => {
    if (line.includes("refuse")) warnings.push(id);
  };
  world.crash("follower2");
  world.leader = "follower2";
  world.start("follower2");
  pass(10_000);
  write();
  pass(1_000);
  expect(codes()).toEqual(["ok"]);
  expect(leader.status()).toMatchObject({ ready: true, role: "leader" });
  expect(new Set(warnings)).toEqual(new Set(["leader", "follower1", "follower2"]));
  const refusal = "the settings of follower2 name itself as the leader";
  const view = leader.cluster().nodes.find(({ id }) => id === "follower2");
  expect(view).toMatchObject({ state: "unreachable", refusal });
  expect(world.node("follower2")?.status()).toMatchObject({ ready: false });
  expect(world.node("follower1")?.cluster().leader).toBe("leader");
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

test("closing ends while storage refuses to flush, before the close or during it", async () => {
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
