/** GET /read with `wait`: held until there is something newer than `after`. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type RestAnswer } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../test/support/token-file.ts";

const tokens = new TestTokens();
const admin = tokens.add("admin", { role: "admin" });
const scoped = tokens.add("scoped", { role: "read", prefixes: ["users/"] });
const headers = bearer(admin);

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({
    followers: 1,
    settings: { tokensFile: tokens.path, logRetention: 5 },
  });
});
afterAll(async () => {
  await cluster.close();
  tokens.delete();
});

const nodeAt = (url: string) => ({
  read: (query: string, token = admin) => ask(url, `/read?${query}`, { headers: bearer(token) }),
  /** Resolves once the node holds so many reads. */
  holds: async (count: number): Promise<void> => {
    const is = new RegExp(`^kv_open\\{what="streams"\\} ${count}$`, "m");
    while (!is.test((await ask(url, "/metrics", { headers })).text));
  },
});
const leader = () => nodeAt(cluster.leader.gateway.url);
const follower = () => nodeAt(cluster.followers[0]?.gateway.url ?? "");

const change = async (method: string, body: object): Promise<number> => {
  const { json } = await ask(cluster.leader.gateway.url, "/write", { method, body, headers });
  return Number(json["version"]);
};
/** Both nodes have applied it. */
const put = async (key: string, value: unknown): Promise<number> => {
  const version = await change("PUT", { key, value });
  await follower().read(`key=${key}&minVersion=${version}`);
  return version;
};
const remove = (key: string) => change("DELETE", { key });

/** The answer to a read that was held when the change was made. */
const newsOf = async (
  { read, holds }: ReturnType<typeof nodeAt>,
  query: string,
  make: () => Promise<unknown>,
): Promise<RestAnswer> => {
  const waiting = read(query);
  await holds(1);
  await make();
  const answer = await waiting;
  await holds(0);
  return answer;
};

describe.each([
  ["leader", leader],
  ["follower", follower],
])("on the %s", (where, node) => {
  test("a key is answered when it has a newer version", async () => {
    const key = `news/${where}`;
    const version = await put(key, 1);
    const old = await node().read(`key=${key}&after=${version - 1}&wait=60s`);
    expect(old.json).toEqual({ key, value: 1, version });
    const news = await newsOf(node(), `key=${key}&after=${version}&wait=60s&raw=true`, async () => {
      await put(`${key}/other`, 1);
      await put(key, 2);
    });
    expect([news.status, news.text]).toEqual([200, "2"]);
    expect(Number(JSON.parse(news.headers.etag ?? ""))).toBeGreaterThan(version);
  });

  test("a key is answered when it is deleted, also before the call", async () => {
    const key = `gone/${where}`;
    const version = await put(key, 1);
    const query = `key=${key}&after=${version}&wait=60s`;
    const gone = { status: 404, json: { code: "KEY_NOT_FOUND" } };
    expect(await newsOf(node(), query, () => remove(key))).toMatchObject(gone);
    expect(await node().read(query)).toMatchObject(gone);
  });

  test("a key that nobody has written is waited for", async () => {
    const key = `new/${where}`;
    expect(await node().read(`key=${key}&after=0&wait=10ms`)).toMatchObject({ status: 404 });
    const news = await newsOf(node(), `key=${key}&after=0&wait=60s`, () => put(key, 1));
    expect(news).toMatchObject({ status: 200, json: { key, value: 1 } });
  });

  test("a prefix is answered when something under it is newer", async () => {
    const start = await put("outside", 1);
    const query = `prefix=under/${where}/&after=${start}&wait=60s`;
    const news = await newsOf(node(), query, async () => {
      await put("outside", 2);
      await put(`under/${where}/1`, 1);
    });
    const entries = news.json["entries"] as { key: string; version: number }[];
    expect(entries.map(({ key }) => key)).toEqual([`under/${where}/1`]);
    const after = Number(news.json["sequence"]);
    const gone = await newsOf(node(), `prefix=under/${where}/&after=${after}&wait=60s`, () =>
      remove(`under/${where}/1`),
    );
    expect(gone).toMatchObject({ status: 200, json: { entries: [] } });
    expect((await node().read(query)).status).toBe(200);
  });

  test("nothing new is 304 when the time is up", async () => {
    const version = await put(`calm/${where}`, 1);
    const key = await node().read(`key=calm/${where}&after=${version}&wait=20ms`);
    expect(key).toMatchObject({ status: 304, text: "", headers: { etag: `"${version}"` } });
    const prefix = await node().read(`prefix=calm/${where}&after=${version}&wait=0s`);
    expect(prefix).toMatchObject({ status: 304, text: "" });
  });

  test("what the log no longer tells is answered at once", async () => {
    const key = `old/${where}`;
    const first = await put(key, 1);
    const last = await put(`later/${where}`, 1);
    for (let count = 0; count < 20; count += 1) await put("filler", count);
    // A version tells by itself that it is old; a page does not.
    expect((await node().read(`key=${key}&after=${last}&wait=10ms`)).status).toBe(304);
    expect((await node().read(`prefix=${key}&after=${last}&wait=600s`)).status).toBe(200);
    expect((await node().read(`key=absent&after=${first}&wait=600s`)).status).toBe(404);
  });

  test("a version that the log does not reach is COMPACTED", async () => {
    const compacted = { status: 410, json: { code: "COMPACTED" } };
    expect(await node().read("prefix=&after=999999&wait=600s")).toMatchObject(compacted);
    expect(await node().read("key=outside&after=999999&wait=600s")).toMatchObject(compacted);
  });

  test("the page continues by key: after is a version only with wait", async () => {
    await put("page/1", 1);
    await put("page/2", 1);
    const { json } = await leader().read("prefix=page/&after=page/1");
    expect(json["entries"]).toMatchObject([{ key: "page/2" }]);
  });
});

test("through a member it is held as well", async () => {
  const version = await put("passed", 1);
  const target = `/nodes/@leader/read?key=passed&after=${version}&wait=60s`;
  const waiting = ask(cluster.followers[0]?.gateway.url ?? "", target, { headers });
  await leader().holds(1);
  await put("passed", 2);
  expect(await waiting).toMatchObject({ status: 200, json: { value: 2 } });
});

test.each([
  "key=a&after=1&wait=",
  "key=a&after=1&wait=30",
  "key=a&after=1&wait=601s",
  "key=a&after=1&wait=-1s",
  "key=a&after=1&wait=1m",
  "key=a&wait=1s",
  "wait=1s",
  "prefix=a&after=b&wait=1s",
  "key=a&after=1",
  "key=a&prefix=a&after=1&wait=1s",
])("%s is refused", async (query) => {
  expect(await leader().read(query)).toMatchObject({
    status: 400,
    json: { code: "INVALID_ARGUMENT" },
  });
});

test("a token waits for its own keys alone, and only while it is valid", async () => {
  for (const query of ["key=secret&after=0&wait=60s", "prefix=&after=0&wait=60s"])
    expect((await leader().read(query, scoped)).status).toBe(403);
  const passing = tokens.add("passing", { role: "read" });
  while ((await leader().read("key=outside", passing)).status !== 200);
  const waiting = leader().read("key=never&after=0&wait=600s", passing);
  await leader().holds(1);
  tokens.remove("passing");
  expect(await waiting).toMatchObject({ status: 401, json: { code: "UNAUTHENTICATED" } });
});

test("a client that goes away gives its place back", async () => {
  const version = await put("last", 1);
  const socket = connect(cluster.leader.gateway.port, "127.0.0.1");
  const target = `/read?prefix=never&after=${version}&wait=600s`;
  const head = `GET ${target} HTTP/1.1\r\nHost: localhost\r\n`;
  socket.write(`${head}Authorization: ${headers.authorization}\r\n\r\n`);
  await leader().holds(1);
  socket.destroy();
  await leader().holds(0);
});

test("a node that stops answers held reads", async () => {
  const lonely = await startSmallCluster();
  const { url } = lonely.leader.gateway;
  const waiting = ask(url, "/read?key=never&after=0&wait=600s");
  const isHeld = /^kv_open\{what="streams"\} 1$/m;
  while (!isHeld.test((await ask(url, "/metrics")).text));
  await lonely.close();
  expect(await waiting).toMatchObject({ status: 503, json: { code: "SHUTTING_DOWN" } });
});
