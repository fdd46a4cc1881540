/** Linearizable reads on every node, on virtual time: with and without failover. */
import { describe, expect, test } from "vitest";
import type { Result } from "../errors.ts";
import { VirtualCluster } from "../virtual/world/cluster.ts";
import { Chance } from "../virtual/world/random.ts";
import type { KeyValue } from "./api.ts";

/** Three nodes; `leader` leads. One ack settles a write, so that either follower may be behind. */
function start(failover: boolean, seed = 1) {
  const world = new VirtualCluster({
    ...{ chance: new Chance(seed), followers: 2, writeQuorum: 1, minDelay: 0, maxDelay: 0 },
    ...{ retention: 100, failover },
  });
  const pass = (ms: number) => {
    const until = world.time.now() + ms;
    while (world.step(until)) {}
  };
  const node = (id: string) => {
    const found = world.node(id);
    if (found === undefined) throw new Error(`${id} does not run`);
    return found;
  };
  for (const id of world.ids) world.start(id);
  // The other two have settled down before anybody could stand.
  pass(5_000);
  const leader = world.ids.find((id) => node(id).role === "leader") ?? "";
  const [near = "", far = ""] = world.ids.filter((id) => id !== leader);
  const write = (value: number) => {
    const answers: boolean[] = [];
    const operations = [{ key: "a", value: String(value) }];
    node(leader).submit({ operations, quorum: 1 }, ({ ok }) => answers.push(ok));
    while (answers.length === 0) pass(1);
    expect(answers).toEqual([true]);
  };
  const ask = (id: string, consistency?: "linearizable" | "local") =>
    node(id).read({ key: "a", consistency });
  /** Time passes, and promises come true, until there is an answer. */
  const answerOf = async (asked: Result<KeyValue> | Promise<Result<KeyValue>>) => {
    let answer: Result<KeyValue> | undefined;
    void Promise.resolve(asked).then((result) => {
      answer = result;
    });
    for (let turn = 0; answer === undefined && turn < 20_000; turn++) {
      pass(1);
      await Promise.resolve();
    }
    return answer;
  };
  return { world, pass, node, leader, near, far, write, ask, answerOf };
}

describe.each([false, true])("with failover: %s", (failover) => {
  test("a follower shows what was answered before the read began, however far it is behind", async () => {
    const { world, far, write, ask, answerOf, pass } = start(failover);
    write(1);
    pass(100);
    world.network.around(far, { minMs: 40, maxMs: 60 });
    for (const value of [2, 3, 4]) {
      write(value);
      expect(ask(far)).not.toMatchObject({ value: { value: String(value) } });
      expect(await answerOf(ask(far, "linearizable"))).toMatchObject({
        value: { value: String(value) },
      });
    }
  });

  test("many reads of one turn share one question", async () => {
    const { world, far, write, ask, answerOf } = start(failover);
    write(1);
    const questions: string[] = [];
    const { delivered } = world.network;
    world.network.delivered = (delivery) => {
      if (delivery.message.type === "wantMark") questions.push(delivery.from);
      delivered(delivery);
    };
    const reads = Array.from({ length: 50 }, () => ask(far, "linearizable"));
    for (const read of reads) expect(await answerOf(read)).toMatchObject({ ok: true });
    expect(questions).toEqual([far]);
  });

  test("a follower that hears nothing answers nothing old", async () => {
    const { world, leader, far, write, ask, answerOf, pass } = start(failover);
    write(1);
    pass(100);
    world.network.around(far, { cut: true });
    write(2);
    expect(await answerOf(ask(far, "linearizable"))).toMatchObject({
      failure: { code: expect.stringMatching(/^(RECOVERING|NO_LEADER)$/) },
    });
    expect(await answerOf(ask(far, "local"))).toMatchObject({ value: { value: "1" } });
    expect(await answerOf(ask(leader, "linearizable"))).toMatchObject({ value: { value: "2" } });
  });

  test("the leader answers local reads at once, from what it has settled", () => {
    const { leader, write, ask } = start(failover);
    write(7);
    expect(ask(leader, "local")).toMatchObject({ value: { value: "7" } });
    expect(ask(leader) instanceof Promise).toBe(failover);
  });
});

test("a follower that knows no leader says so", async () => {
  const { world, leader, near, pass, ask, answerOf, write } = start(true);
  write(1);
  pass(100);
  for (const id of world.ids) if (id !== near) world.crash(id);
  pass(100);
  expect(await answerOf(ask(near, "linearizable"))).toMatchObject({
    failure: { code: "NO_LEADER" },
  });
  expect(leader).not.toBe(near);
  expect(await answerOf(ask(near))).toMatchObject({ value: { value: "1" } });
});

test("after a failover a follower shows what the former leader answered", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, leader, near, far, pass, ask, answerOf, write, node } = start(true, seed);
    write(1);
    // The far one is slow: the near one may be the only one that holds the write.
    world.network.around(far, { minMs: 20 + seed, maxMs: 40 + seed });
    write(2);
    world.crash(leader);
    while (node(near).role !== "leader" && node(far).role !== "leader") pass(1);
    for (const id of [near, far]) {
      let answer = await answerOf(ask(id, "linearizable"));
      while (answer?.ok === false) {
        expect(["NO_LEADER", "RECOVERING"]).toContain(answer.failure.code);
        pass(10);
        answer = await answerOf(ask(id, "linearizable"));
      }
      expect(answer).toMatchObject({ value: { value: "2" } });
    }
  }
}, 30_000);
