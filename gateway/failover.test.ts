/** What the edges of a small cluster do while its leader changes (FAILOVER=1). */
import { afterEach, describe, expect, test } from "vitest";
import { openStream } from "../test/support/event-source.ts";
import { refusalOf, TestClient } from "../test/support/kv-client.ts";
import { ask, type RestAnswer } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { Consistency } from "./grpc/generated/quorumkv/v1/kv.ts";

/** A closed stream is noticed at once; silence is not what these tests are about. */
const failover = { failover: true, electionTimeout: 10_000, writeQuorum: 1 };

let cluster: SmallCluster;
const start = async (settings: object = {}) => {
  cluster = await startSmallCluster({ followers: 2, settings: { ...failover, ...settings } });
  return cluster.followers.map(({ gateway }) => gateway.url) as [string, string];
};
afterEach(() => cluster.close());

/** It asks the others for votes; they follow a leader and give none. Ends once it knows no leader any more. */
const cutOff = async (id: string) => {
  await ask(cluster.leader.gateway.url, `/faults/${id}`, { method: "PUT", body: { type: "cut" } });
  const node = cluster.followers.map((each) => each.node).find((each) => each.id === id);
  while (node?.leader !== "") await new Promise(setImmediate);
};

/** Until it is not refused for the moment: a leader is being elected, or a handover took too long. */
const untilServed = async (call: () => Promise<RestAnswer>): Promise<RestAnswer> => {
  for (;;) {
    const answer = await call();
    if (answer.status !== 503) return answer;
  }
};

const put = (url: string, path: string, value: number): Promise<RestAnswer> =>
  ask(url, path, { method: "PUT", body: { key: "a", value } });

describe("/nodes/@leader", () => {
  test("reaches the leader from every node, the leader itself included", async () => {
    const urls = await start();
    for (const url of [cluster.leader.gateway.url, ...urls]) {
      const written = await put(url, "/nodes/@leader/write", 1);
      expect(written).toMatchObject({ status: 200, headers: { "x-kv-node": "leader" } });
    }
    const bare = await ask(urls[0], "/nodes/@leader");
    expect(bare).toMatchObject({ status: 308, headers: { location: "@leader/" } });
  });

  test("waits for the next leader when the one that was is gone", async () => {
    const [first, second] = await start();
    await put(first, "/nodes/@leader/write", 1);
    await cluster.leader.close();
    // One hop: it may still go to the node that has just left.
    const written = await untilServed(() => put(first, "/nodes/@leader/write", 2));
    expect(written.status).toBe(200);
    const leader = written.headers["x-kv-node"];
    expect(["follower1", "follower2"]).toContain(leader);
    const read = await untilServed(() => ask(second, "/nodes/@leader/read?key=a"));
    expect(read).toMatchObject({ headers: { "x-kv-node": leader }, json: { value: 2 } });
  });

  test("is NO_LEADER once TIMEOUT has passed without one; nothing was written", async () => {
    const [first] = await start({ timeout: 300, faults: true });
    await cutOff("follower1");
    const refused = { status: 503, headers: { "retry-after": "1" }, json: { code: "NO_LEADER" } };
    expect(await put(first, "/nodes/@leader/write", 1)).toMatchObject(refused);
    expect(await put(first, "/write", 1)).toMatchObject(refused);
  });
});

describe("consistency=linearizable", () => {
  test("shows on every node, at once, what any node was told is written", async () => {
    const followers = await start({ minDelay: 0, maxDelay: 40 });
    const urls = [cluster.leader.gateway.url, ...followers];
    for (let value = 1; value <= 10; value++) {
      expect((await put(urls[value % 3] ?? "", "/nodes/@leader/write", value)).status).toBe(200);
      const reads = urls.flatMap((url) => [
        ask(url, "/read?key=a&consistency=linearizable"),
        ask(url, "/read?prefix=a&consistency=linearizable"),
      ]);
      for (const { text } of await Promise.all(reads)) expect(text).toContain(`"value":${value},`);
    }
  });

  test("goes with minVersion, is local's opposite, and is nothing else", async () => {
    const [first] = await start({ timeout: 1000 });
    await put(first, "/nodes/@leader/write", 1);
    const read = async (query: string) => (await ask(first, `/read?${query}`)).status;
    expect(await read("key=a&minVersion=1&consistency=linearizable")).toBe(200);
    expect(await read("key=a&minVersion=9&consistency=linearizable")).toBe(503);
    expect(await read("key=a&minVersion=1&consistency=local")).toBe(200);
    expect(await read("key=a&consistency=strong")).toBe(400);
    expect(await read("prefix=a&consistency=")).toBe(400);
  });

  test("is NO_LEADER on a node that knows none; local reads go on", async () => {
    const [first] = await start({ timeout: 200, faults: true });
    await put(first, "/nodes/@leader/write", 1);
    const written = await ask(first, "/read?key=a&minVersion=1");
    await cutOff("follower1");
    expect(await ask(first, "/read?key=a&consistency=linearizable")).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      json: { code: "NO_LEADER" },
    });
    expect((await ask(first, "/read?key=a&consistency=local")).text).toBe(written.text);
  });

  test("over gRPC means the same", async () => {
    const [first] = await start();
    const { grpcPort } = cluster.followers[0]?.config ?? { grpcPort: 0 };
    const client = new TestClient(grpcPort);
    try {
      const { CONSISTENCY_LINEARIZABLE: linearizable, CONSISTENCY_LOCAL: local } = Consistency;
      for (let value = 1; value <= 5; value++) {
        await put(first, "/nodes/@leader/write", value);
        const { entry } = await client.read("a", { consistency: linearizable });
        expect(entry?.value).toBe(String(value));
        const { entries } = await client.list({ prefix: "", consistency: linearizable });
        expect(entries.map((each) => each.value)).toEqual([String(value)]);
      }
      expect((await client.read("a", { consistency: local, minVersion: 1 })).entry).toBeDefined();
      const refused = client.read("a", { consistency: 9 as Consistency });
      expect(await refusalOf(refused)).toMatchObject({ code: "INVALID_ARGUMENT" });
      expect((await client.status()).leader).toBe("leader");
    } finally {
      client.close();
    }
  });
});

test("a page is told who leads as soon as that changes", async () => {
  const [first] = await start();
  const stream = await openStream(first, "/events");
  const told = async (): Promise<{ leader: string }> => {
    for (;;) {
      const { event, data } = await stream.next();
      if (event === "leader") return JSON.parse(data);
    }
  };
  expect(await told()).toMatchObject({ leader: "leader" });
  await cluster.leader.close();
  expect(await told()).toMatchObject({ leader: "", epoch: expect.any(Number) });
  let next = await told();
  while (next.leader === "") next = await told();
  expect(next.leader).toMatch(/^follower/);
  await stream.close();
});

test("the next leader keeps changed settings, and says whose they are and since when it leads", async () => {
  const [first] = await start({ writeQuorum: 2 });
  const view = async (url: string) => (await ask(url, "/cluster")).json;
  const { leaderSince, settings } = await view(first);
  expect(leaderSince).toBeGreaterThan(0);
  const ready = await ask(cluster.leader.gateway.url, "/readyz");
  expect(ready.json["survives"]).toContain("can lose 1 more node and still elect a leader");
  expect(settings).toBeNull();
  const change = {
    writeQuorum: 1,
    followerDelays: { follower1: { minDelayMs: 1, maxDelayMs: 2 } },
  };
  const changed = await ask(cluster.leader.gateway.url, "/config", {
    method: "PATCH",
    body: change,
  });
  expect(changed.status).toBe(200);
  const { settings: made } = await view(first);
  expect(made).toMatchObject({ changedBy: "leader", changedEpoch: expect.any(Number) });
  await cluster.leader.close();
  const status = await untilServed(() => ask(first, "/nodes/@leader/status"));
  expect(status.json["config"]).toMatchObject(change);
  let next = await view(first);
  // A follower is told by its leader, a heartbeat later.
  while (!(Number(next["leaderSince"]) > Number(leaderSince))) next = await view(first);
  expect(next["settings"]).toEqual(made);
  // Delays of any node may be given, whichever leads at the moment.
  const body = { followerDelays: change.followerDelays };
  const again = await untilServed(() =>
    ask(first, "/nodes/@leader/config", { method: "PATCH", body }),
  );
  expect(again.status).toBe(200);
});

describe("POST /leader", () => {
  const move = (url: string, body: object) => ask(url, "/leader", { method: "POST", body });

  test("is checked, and only the leader carries it out", async () => {
    const [first] = await start();
    const { url } = cluster.leader.gateway;
    for (const body of [{ to: "nobody" }, { to: 1 }, { too: "follower1" }, []])
      expect(await move(url, body)).toMatchObject({ status: 400 });
    expect(await move(first, { to: "follower1" })).toMatchObject({
      status: 421,
      json: { code: "NOT_LEADER", leader: "leader", leaderUrl: url },
    });
  });

  test("moves leadership there, and back to the leader of choice", async () => {
    const [first] = await start();
    const { url } = cluster.leader.gateway;
    const away = await untilServed(() => move(url, { to: "follower1" }));
    expect(away).toMatchObject({ status: 200, json: { leader: "follower1" } });
    const back = await untilServed(() => move(first, {}));
    expect(back).toMatchObject({ status: 200, json: { leader: "leader" } });
    expect(back.json["epoch"]).toBeGreaterThan(away.json["epoch"] as number);
    expect((await put(first, "/nodes/@leader/write", 1)).headers["x-kv-node"]).toBe("leader");
  });

  test("with FAILOVER=0 nothing can be moved", async () => {
    await start({ failover: false });
    expect(await move(cluster.leader.gateway.url, {})).toMatchObject({
      status: 400,
      json: {
        code: "INVALID_ARGUMENT",
        detail: "Leadership cannot be moved: FAILOVER is 0, so leader alone leads.",
      },
    });
  });
});
