/** Writes that a follower passes on to the leader, for clients that cannot choose a path. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../test/support/token-file.ts";

const tokens = new TestTokens();
const writer = tokens.add("writer", { role: "write" });
const reader = tokens.add("reader", { role: "read" });
const scoped = tokens.add("scoped", { role: "write", prefixes: ["users/"] });

/** `forwardWrites` is that of follower1; follower2 never forwards by itself. */
const start = (forwardWrites: boolean): Promise<SmallCluster> =>
  startSmallCluster({
    followers: 2,
    settings: (id) => ({
      tokensFile: tokens.path,
      forwardWrites: forwardWrites && id !== "follower2",
    }),
  });
const notLeader = { status: 421, json: { code: "NOT_LEADER", leader: "leader" } };
const writes = [
  ["PUT", "/write", { key: "users/1", value: 1 }],
  ["DELETE", "/write", { key: "users/1" }],
  ["POST", "/write/batch", { operations: [{ put: { key: "users/1", value: 2 } }] }],
] as const;

let cluster: SmallCluster;
const follower = (target: string, token: string, { headers, ...call }: RestCall = {}) =>
  ask(cluster.followers[0]?.gateway.url ?? "", target, {
    ...call,
    headers: { ...bearer(token), ...headers },
  });

describe("by preference", () => {
  beforeAll(async () => {
    cluster = await start(false);
  });
  afterAll(() => cluster.close());

  test.each(writes)("%s %s reaches the leader", async (method, target, body) => {
    const headers = { prefer: "forward" };
    const answer = await follower(target, writer, { method, body, headers });
    expect(answer).toMatchObject({ status: 200, headers: { "x-kv-node": "leader" } });
    expect(answer.headers["preference-applied"]).toBe("forward");
    const again = await follower(target, writer, { method, body });
    expect(again).toMatchObject(notLeader);
    expect(again.headers["preference-applied"]).toBeUndefined();
  });

  test.each([
    ["respond-async, Forward;a=b", 200],
    ['forward=""', 200],
    ["return=minimal", 421],
    ["forward=no", 421],
    ["forwards", 421],
  ])("Prefer: %s is %i", async (prefer, status) => {
    const body = { key: "users/1", value: 1 };
    const answer = await follower("/write", writer, { method: "PUT", body, headers: { prefer } });
    expect(answer.status).toBe(status);
  });

  test("a condition goes along", async () => {
    const call = { method: "PUT", body: { key: "users/new", value: 1 } };
    const headers = { prefer: "forward", "if-none-match": "*" };
    expect((await follower("/write", writer, { ...call, headers })).status).toBe(200);
    expect((await follower("/write", writer, { ...call, headers })).status).toBe(412);
  });

  test("a call that came through another member is not forwarded once more", async () => {
    const call = { method: "PUT", body: { key: "users/1", value: 1 } };
    const headers = { prefer: "forward" };
    const answer = await follower("/nodes/follower2/write", writer, { ...call, headers });
    expect(answer).toMatchObject({ ...notLeader, headers: { "x-kv-node": "follower2" } });
  });

  test("at the leader nothing is forwarded", async () => {
    const call = { method: "PUT", body: { key: "users/1", value: 1 } };
    const headers = { ...bearer(writer), prefer: "forward" };
    const answer = await ask(cluster.leader.gateway.url, "/write", { ...call, headers });
    expect(answer.status).toBe(200);
    expect(answer.headers["preference-applied"]).toBeUndefined();
  });

  test.each([
    ["a role that may not write", reader, "users/1"],
    ["a key outside the prefixes", scoped, "secret"],
  ])("%s stays refused", async (_what, token, key) => {
    const call = { method: "PUT", body: { key, value: 9 }, headers: { prefer: "forward" } };
    const answer = await follower("/write", token, call);
    expect(answer).toMatchObject({ status: 403, json: { code: "PERMISSION_DENIED" } });
  });

  test("other calls stay where they are", async () => {
    const headers = { prefer: "forward" };
    const read = await follower("/read", writer, { headers });
    expect(read).toMatchObject({ status: 200, headers: { "x-kv-node": "follower1" } });
    expect((await follower("/write", writer, { headers })).status).toBe(405);
  });
});

describe("with FORWARD_WRITES=1", () => {
  beforeAll(async () => {
    cluster = await start(true);
  });
  afterAll(async () => {
    await cluster.close();
    tokens.delete();
  });

  test.each(writes)("%s %s reaches the leader unasked", async (method, target, body) => {
    const answer = await follower(target, writer, { method, body });
    expect(answer).toMatchObject({ status: 200, headers: { "x-kv-node": "leader" } });
    expect(answer.headers["preference-applied"]).toBeUndefined();
  });

  test("through another member it is not forwarded", async () => {
    const call = { method: "PUT", body: { key: "users/1", value: 1 }, headers: bearer(writer) };
    const url = cluster.followers[1]?.gateway.url ?? "";
    expect(await ask(url, "/nodes/follower1/write", call)).toMatchObject(notLeader);
  });
});
