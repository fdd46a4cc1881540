/** Elections and handovers of whole nodes, on virtual time. */
import { expect, test } from "vitest";
import type { Result } from "../../errors.ts";
import { VirtualCluster } from "../../virtual/world/cluster.ts";
import { Chance } from "../../virtual/world/random.ts";
import type { LiveConfig, WriteReceipt } from "../api.ts";
import { handoverMsMax, nodeStopMsMax } from "../stopping.ts";

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

test("while an election is under way, its candidate says that there is no leader", async () => {
  const { world, run, leading, write } = await start();
  await write("leader", "a", "1");
  world.crash("leader");
  const isCandidate = (id: string) => world.node(id)?.role === "candidate";
  expect(await run(5_000, () => world.ids.some(isCandidate))).toBe(true);
  const candidate = world.ids.find(isCandidate) ?? "";
  const refused = { ok: false, failure: { code: "NO_LEADER", retryAfterSeconds: 1 } };
  expect(await write(candidate, "a", "2")).toMatchObject(refused);
  expect(isCandidate(candidate)).toBe(true);
  const node = world.node(candidate);
  expect(node?.read({ key: "a", consistency: "linearizable" })).toMatchObject(refused);
  expect(node?.list({ prefix: "", limit: 1, consistency: "linearizable" })).toMatchObject(refused);
  expect(await run(5_000, () => leading().length === 1)).toBe(true);
  await run(1_000);
  expect(await write(leading()[0] ?? "", "a", "2")).toMatchObject({ ok: true });
});

/** Asks nodes to end, and takes those that have ended away. Resolves to what is left once all have, or in 5 s. */
async function stop(
  { world, run }: Pick<Awaited<ReturnType<typeof start>>, "world" | "run">,
  { ids, apartMs }: { ids: readonly string[]; apartMs: number },
): Promise<ReadonlySet<string>> {
  const running = new Set(ids);
  for (const id of ids) {
    const ended = world.node(id)?.close();
    void ended?.then(() => {
      running.delete(id);
      world.crash(id);
    });
    await run(apartMs);
  }
  await run(nodeStopMsMax, () => running.size === 0);
  return running;
}

test.for([0, 1, 5, 20, 60])(
  "all nodes stop, %d ms apart, and no handover is waited for in vain",
  async (apartMs) => {
    const { world, run, write } = await start();
    await write("leader", "a", "1");
    const lines: string[] = [];
    world.log = (id, line) => lines.push(`${id}: ${line}`);
    const since = world.time.now();
    expect(await stop({ world, run }, { ids: world.ids, apartMs })).toEqual(new Set());
    // Who has handed over looks for the next leader for half of that time.
    expect(world.time.now() - since).toBeLessThan(world.ids.length * apartMs + handoverMsMax);
    expect(lines.filter((line) => line.includes("given up"))).toEqual([]);
    if (apartMs === 0) expect(lines.filter((line) => line.includes("stands"))).toEqual([]);
  },
);

test("a leader that stops hands over to a node that does not stop too", async () => {
  const { world, run, leading, write } = await start();
  await write("leader", "a", "1");
  const ids = ["leader", "follower1", "follower2"];
  expect(await stop({ world, run }, { ids, apartMs: 0 })).toEqual(new Set());
  // The streams of the first ones end at once: no election timeout passes.
  expect(await run(100, () => leading().length === 1)).toBe(true);
  expect(["follower3", "follower4", "follower5"]).toContain(leading()[0]);
});
