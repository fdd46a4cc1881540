/** What the edges of a small cluster do while its leader changes (FAILOVER=1). */
import { afterEach, describe, expect, test } from "vitest";
import { openStream } from "../test/support/event-source.ts";
import { ask, type RestAnswer } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

const failover = { failover: true, electionTimeout: 200, writeQuorum: 1 };

let cluster: SmallCluster;
const start = async (settings: object = {}) => {
  cluster = await startSmallCluster({ followers: 2, settings: { ...failover, ...settings } });
  return cluster.followers.map(({ gateway }) => gateway.url) as [string, string];
};
afterEach(() => cluster.close());

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
    let written = await put(first, "/nodes/@leader/write", 2);
    // One hop: it may still have gone to the node that had just left.
    while (written.json["code"] === "RECOVERING")
      written = await put(first, "/nodes/@leader/write", 2);
    expect(written.status).toBe(200);
    const leader = written.headers["x-kv-node"];
    expect(["follower1", "follower2"]).toContain(leader);
    const read = await ask(second, "/nodes/@leader/read?key=a");
    expect(read).toMatchObject({ headers: { "x-kv-node": leader }, json: { value: 2 } });
  });

  test("is NO_LEADER once TIMEOUT has passed without one; nothing was written", async () => {
    const [first] = await start({ timeout: 300 });
    await cluster.leader.close();
    await cluster.followers[1]?.close();
    const [node] = cluster.followers.map(({ node: each }) => each);
    while (node?.leader !== "") await new Promise(setImmediate);
    const refused = { status: 503, headers: { "retry-after": "1" }, json: { code: "NO_LEADER" } };
    expect(await put(first, "/nodes/@leader/write", 1)).toMatchObject(refused);
    expect(await put(first, "/write", 1)).toMatchObject(refused);
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
  while ((await ask(first, "/status")).text.includes('"writeQuorum":2')) {}
  while (
    (await ask(cluster.followers[1]?.gateway.url ?? "", "/status")).text.includes('"writeQuorum":2')
  ) {}
  await cluster.leader.close();
  let status: RestAnswer;
  do status = await ask(first, "/nodes/@leader/status");
  while (status.status !== 200);
  expect(status.json["config"]).toMatchObject(change);
  const next = await view(first);
  expect(next["settings"]).toEqual(made);
  expect(next["leaderSince"]).toBeGreaterThan(leaderSince as number);
  // Delays of any node may be given, whichever leads at the moment.
  const body = { followerDelays: change.followerDelays };
  const again = await ask(first, "/nodes/@leader/config", { method: "PATCH", body });
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
