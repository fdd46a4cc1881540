/** Elections and handovers of whole nodes, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../../test/virtual/cluster.ts";
import { Chance } from "../../../test/virtual/random.ts";
import type { Result } from "../../errors.ts";
import type { WriteReceipt } from "../api.ts";

/** Six nodes that have elected `leader`. Nothing of the real world takes part. */
async function start(change: { writeQuorum?: number } = {}) {
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

test("of two handovers at once the second is refused, and the first is answered", async () => {
  const { world, run } = await start();
  const ask = (to: string) => {
    const answers: unknown[] = [];
    void world
      .node("leader")
      ?.handOver(to)
      .then((result) => answers.push(result));
    return answers;
  };
  const [first, second] = [ask("follower2"), ask("follower3")];
  expect(await run(1_000, () => first.length > 0 && second.length > 0)).toBe(true);
  expect(first).toMatchObject([{ ok: true, value: { leader: "follower2" } }]);
  expect(second).toMatchObject([{ failure: { code: "RECOVERING" } }]);
});

test("the next leader keeps the settings that were changed", async () => {
  const { world, run, leading } = await start();
  world.node("leader")?.configure({ writeQuorum: 4 });
  await run(1_000);
  world.crash("leader");
  await run(5_000, () => leading().length === 1);
  const [next = ""] = leading();
  expect(world.node(next)?.status().config.writeQuorum).toBe(4);
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
