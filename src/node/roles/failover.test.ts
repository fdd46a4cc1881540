/** Elections and handovers of whole nodes, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../../test/virtual/cluster.ts";
import { Chance } from "../../../test/virtual/random.ts";
import type { Result } from "../../errors.ts";
import type { LiveConfig, WriteReceipt } from "../api.ts";

/** Six nodes, or fewer, that have elected `leader`. Nothing of the real world takes part. */
async function start(change: { followers?: number; writeQuorum?: number } = {}) {
  const world = new VirtualCluster({
    chance: new Chance(7),
    followers: 5,
    writeQuorum: 3,
    minDelay: 0,
    maxDelay: 0,
    retention: 1_000,
    failover: true,
    ...change,
  });
  const run = async (ms: number, until: () => boolean = () => false) => {
    const end = world.time.now() + ms;
    while (!until() && world.step(end)) await Promise.resolve();
    return until();
  };
  const leading = () => world.ids.filter((id) => world.node(id)?.role === "leader");
  const write = async (id: string, key: string, value: string) => {
    let result: Result<WriteReceipt> | undefined;
    world.node(id)?.submit({ operations: [{ key, value }] }, (given) => (result = given));
    await run(5_000, () => result !== undefined);
    if (result === undefined) throw new Error("the write was not answered");
    return result;
  };
  for (const id of world.ids) world.start(id);
  await run(5_000, () => world.ids.every((id) => world.node(id)?.status().ready === true));
  expect(leading()).toEqual(["leader"]);
  return { world, run, leading, write };
}

test("when the leader dies another leads within two election timeouts, with every acknowledged write", async () => {
  const { world, run, leading, write } = await start();
  expect(await write("leader", "a", "1")).toMatchObject({ ok: true });
  world.crash("leader");
  expect(await run(2_000, () => leading().length === 1)).toBe(true);
  const [next = ""] = leading();
  const read = world.node(next)?.read({ key: "a" });
  let found: unknown;
  void Promise.resolve(read).then((result) => (found = result));
  await run(1_000, () => found !== undefined);
  expect(found).toMatchObject({ ok: true, value: { value: "1" } });
  expect(await write(next, "a", "2")).toMatchObject({ ok: true });
});

test("the leader of choice leads again once it has been back for ten seconds, and not before", async () => {
  const { world, run, leading } = await start();
  world.crash("leader");
  await run(5_000, () => leading().length === 1);
  world.start("leader");
  await run(9_000);
  expect(leading()).not.toContain("leader");
  expect(await run(10_000, () => leading().includes("leader"))).toBe(true);
  await run(1_000);
  expect(leading()).toEqual(["leader"]);
});

test("a handover takes no election: writes wait for it, and the old leader follows", async () => {
  const { world, run, leading, write } = await start();
  await write("leader", "a", "1");
  let answer: unknown;
  void world
    .node("leader")
    ?.handOver("follower2")
    .then((result) => (answer = result));
  const late = write("leader", "a", "2");
  expect(await run(500, () => leading().includes("follower2"))).toBe(true);
  expect(answer).toMatchObject({ ok: true, value: { leader: "follower2" } });
  expect(await late).toMatchObject({
    failure: { code: "NOT_LEADER", members: { leader: "follower2" } },
  });
  await run(1_000);
  expect(leading()).toEqual(["follower2"]);
  expect(world.node("leader")?.status()).toMatchObject({ role: "follower", leader: "follower2" });
  expect(await write("follower2", "a", "2")).toMatchObject({ ok: true });
});

test("a handover to a node that is away is refused, and the leader goes on", async () => {
  const { world, run, write } = await start();
  world.crash("follower2");
  await run(3_000);
  let answer: unknown;
  void world
    .node("leader")
    ?.handOver("follower2")
    .then((result) => (answer = result));
  await run(3_000, () => answer !== undefined);
  expect(answer).toMatchObject({ failure: { code: "RECOVERING" } });
  expect(await write("leader", "a", "1")).toMatchObject({ ok: true });
});

/** Notes the answer of a change at that node. */
function configure(world: VirtualCluster, id: string, change: { writeQuorum: number }) {
  const answer: { result?: Result<LiveConfig> } = {};
  void world
    .node(id)
    ?.configure(change)
    .then((result) => Object.assign(answer, { result }));
  return answer;
}

test("a change that is answered is kept by the next leader, however soon the one that took it dies", async () => {
  const { world, run, leading } = await start();
  const away = ["follower4", "follower5"];
  world.network.cut(["leader"], away);
  const answer = configure(world, "leader", { writeQuorum: 4 });
  await run(5_000, () => answer.result !== undefined);
  expect(answer.result).toMatchObject({ ok: true, value: { writeQuorum: 4 } });
  const made = world.node("leader")?.cluster().settings;
  for (const id of ["leader", "follower1", "follower2"]) world.crash(id);
  await run(5_000, () => leading().length === 1);
  const [next = ""] = leading();
  expect(world.node(next)?.status().config.writeQuorum).toBe(4);
  expect(world.node(next)?.cluster().settings).toEqual(made);
});

test("a change that too few followers confirm is unknown, and in force where it was made", async () => {
  const { world, run } = await start({ followers: 1, writeQuorum: 1 });
  world.crash("follower1");
  const answer = configure(world, "leader", { writeQuorum: 0 });
  expect(world.node("leader")?.status().config.writeQuorum).toBe(0);
  await run(5_000, () => answer.result !== undefined);
  expect(answer.result).toMatchObject({
    failure: { code: "OUTCOME_UNKNOWN", members: { acks: [], quorum: 1 } },
  });
  expect(world.node("leader")?.status().config.writeQuorum).toBe(0);
});

test("a leader that is deposed answers the change that waits, and takes no more", async () => {
  const { world, run, leading } = await start();
  world.network.cut(["leader"], world.followers);
  const answer = configure(world, "leader", { writeQuorum: 2 });
  await run(1_900, () => leading().some((id) => id !== "leader"));
  world.network.join(["leader"], world.followers);
  expect(await run(1_900, () => world.node("leader")?.role === "follower")).toBe(true);
  await run(100);
  expect(answer.result).toMatchObject({ failure: { code: "OUTCOME_UNKNOWN" } });
  const [next = ""] = leading();
  await run(1_000, () => world.node("leader")?.status().config.writeQuorum === 3);
  expect(world.node("leader")?.cluster().settings).toBe(null);
  const refused = configure(world, "leader", { writeQuorum: 2 });
  await run(10);
  expect(refused.result).toMatchObject({
    failure: { code: "NOT_LEADER", members: { leader: next } },
  });
});

test("a leader that is cut off answers no read", async () => {
  const { world, run, leading, write } = await start();
  await write("leader", "a", "1");
  world.network.cut(world.followers, ["leader"]);
  let answer: unknown;
  void Promise.resolve(world.node("leader")?.read({ key: "a" })).then((given) => (answer = given));
  await run(10_000, () => answer !== undefined);
  expect(answer).toMatchObject({ failure: { code: "RECOVERING" } });
  expect(leading()).toContain("leader");
});
