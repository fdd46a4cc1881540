/** Which confirming round a read waits for, on virtual time. */
import { expect, test } from "vitest";
import { VirtualCluster } from "../../../../test/virtual/cluster.ts";
import { Chance } from "../../../../test/virtual/random.ts";

test("a read that comes while a round is under way waits for the next one", async () => {
  const world = new VirtualCluster({
    chance: new Chance(3),
    followers: 2,
    writeQuorum: 1,
    minDelay: 0,
    maxDelay: 0,
    retention: 100,
    failover: true,
  });
  for (const id of world.ids) world.start(id);
  const run = async (until: () => boolean) => {
    const end = world.time.now() + 5_000;
    while (!until() && world.step(end)) await Promise.resolve();
    expect(until()).toBe(true);
  };
  await run(() => world.ids.every((id) => world.node(id)?.status().ready === true));
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
