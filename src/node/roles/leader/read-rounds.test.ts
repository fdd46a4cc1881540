/** Which confirming round a read waits for, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../../virtual/world/cluster.ts";
import { Chance } from "../../../virtual/world/random.ts";
import { waitingMax } from "../../waiting.ts";

/** A leader and two followers, any of which may lead. */
async function start(readLease: boolean) {
  const world = new VirtualCluster({
    chance: new Chance(3),
    followers: 2,
    writeQuorum: 1,
    minDelay: 0,
    maxDelay: 0,
    retention: 100,
    failover: true,
    readLease,
  });
  for (const id of world.ids) world.start(id);
  const run = async (until: () => boolean) => {
    const end = world.time.now() + 5_000;
    while (!until() && world.step(end)) await Promise.resolve();
    expect(until()).toBe(true);
  };
  await run(() => world.ids.every((id) => world.node(id)?.status().ready === true));
  return { world, run };
}

test("with a lease a read, a refusal and a read mark need no round; when it has ended they do", async () => {
  const { world, run } = await start(true);
  const leader = world.node("leader");
  const read = () => leader?.read({ key: "a" });
  await run(() => !(read() instanceof Promise));
  expect(read()).toMatchObject({ failure: { code: "KEY_NOT_FOUND" } });

  world.network.loses = ({ type }) => type === "confirm";
  const marked = world.node("follower1")?.read({ key: "a", consistency: "linearizable" });
  let answered = "";
  void Promise.resolve(marked).then((result) => {
    answered = result?.ok === false ? result.failure.code : "";
  });
  await run(() => answered !== "");
  expect(answered).toBe("KEY_NOT_FOUND");
  let refusal = "";
  const operations = [{ key: "a", value: "1", ifVersion: 7 }];
  leader?.submit({ operations }, (result) => {
    refusal = result.ok ? "" : result.failure.code;
  });
  await run(() => refusal !== "");
  expect(refusal).toBe("VERSION_MISMATCH");
  expect(read()).not.toBeInstanceOf(Promise);

  await run(() => read() instanceof Promise);
});

test("a read that comes while a round is under way waits for the next one", async () => {
  const { world, run } = await start(false);
  let [asked, answered] = [0, 0];
  world.network.delivered = ({ message }) => {
    if (message.type === "confirm") asked = Math.max(asked, message.number);
    if (message.type === "confirmed") answered = Math.max(answered, message.number);
  };
  const rounds: number[] = [];
  const read = async () => {
    await world.node("leader")?.read({ key: "a" });
    rounds.push(answered);
  };
  void read();
  await run(() => asked > 0);
  const first = asked;
  void read();
  await run(() => rounds.length === 2);
  expect(rounds).toEqual([first, first + 1]);
});

test("refused conditions wait for a round too, and count against the same bound", async () => {
  const { world, run } = await start(false);
  world.network.cut(world.followers, ["leader"]);
  const codes = new Map<string, number>();
  let answers = 0;
  const request = { operations: [{ key: "a", value: "1", ifVersion: 7 }], timeoutMs: 300 };
  const write = () =>
    world.node("leader")?.submit(request, (answer) => {
      answers += 1;
      const code = answer.ok ? "written" : answer.failure.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
  for (let count = 1; count < waitingMax; count += 1) write();
  void world.node("leader")?.read({ key: "a" });
  // Those of the first turn are refused, and wait for their round.
  const soon = world.time.now() + 100;
  await run(() => world.time.now() > soon);
  for (let count = 0; count < 3; count += 1) write();
  await run(() => codes.size > 0);
  expect(Object.fromEntries(codes)).toEqual({ OVERLOADED: 3 });
  await run(() => answers === waitingMax + 2);
  expect(Object.fromEntries(codes)).toEqual({ OVERLOADED: 3, RECOVERING: waitingMax - 1 });
});
