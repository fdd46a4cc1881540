/** The login of the page: a cookie that holds the token, which counts for this node's own page alone. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../test/support/token-file.ts";

const tokens = new TestTokens();
const admin = tokens.add("admin", { role: "admin" });
const scoped = tokens.add("scoped", { role: "read", prefixes: ["users/"] });

describe("without tokens", () => {
  test.each([
    ["here", {}, true],
    ["elsewhere", { "x-forwarded-for": "10.0.0.7" }, false],
  ])("everybody %s may write", async (_where, headers, administers) => {
    const cluster = await startSmallCluster();
    const url = cluster.leader.gateway.url;
    const nobody = { id: "anonymous", role: "write", prefixes: null };
    const { json } = await ask(url, "/session", { headers });
    expect(json).toEqual({ ...nobody, administers, tokens: false, insecure: false });
    const login = await ask(url, "/session", { method: "POST", body: { token: "x" } });
    expect(login).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
    await cluster.close();
  });

  test("a node that others reach says that it is insecure", async () => {
    const cluster = await startSmallCluster({ settings: { host: "0.0.0.0", insecure: true } });
    expect((await ask(cluster.leader.gateway.url, "/session")).json["insecure"]).toBe(true);
    await cluster.close();
  });
});

describe("with tokens", () => {
  let cluster: SmallCluster;
  beforeAll(async () => {
    cluster = await startSmallCluster({ followers: 1, settings: { tokensFile: tokens.path } });
  });
  afterAll(async () => {
    await cluster.close();
    tokens.delete();
  });
  const session = (call?: RestCall) => ask(cluster.leader.gateway.url, "/session", call);
  const logIn = (token: unknown) => session({ method: "POST", body: { token } });
  const stranger = { id: null, role: null, prefixes: null, administers: false };
  const common = { tokens: true, insecure: false };
  const cookieOf = (token: string) => ({ cookie: `other=1; __Host-kv=${token}; more=2` });

  test("a stranger is told that it is one", async () => {
    expect((await session()).json).toEqual({ ...stranger, ...common });
    expect((await session({ headers: bearer("wrong") })).json).toEqual({ ...stranger, ...common });
  });

  test("a right token logs in, with a cookie that no script and no other page gets", async () => {
    const { status, json, headers } = await logIn(scoped);
    const who = { id: "scoped", role: "read", prefixes: ["users/"], administers: false };
    expect([status, json]).toEqual([200, { ...who, ...common }]);
    expect(headers["set-cookie"]).toEqual([
      `__Host-kv=${scoped}; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
    expect((await session({ headers: cookieOf(scoped) })).json).toEqual({ ...who, ...common });
  });

  test("a wrong one does not, and is no cookie either", async () => {
    for (const wrong of ["wrong", "", `${admin}\r\nX: y`]) {
      const answer = await logIn(wrong);
      expect(answer).toMatchObject({ status: 401, json: { code: "UNAUTHENTICATED" } });
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
    expect((await logIn(1)).status).toBe(400);
    expect((await logIn("x".repeat(2000))).status).toBe(413);
  });

  test("logging out takes the cookie away", async () => {
    const { json, headers } = await session({
      method: "DELETE",
      headers: { ...cookieOf(admin), "sec-fetch-site": "same-origin" },
    });
    expect(json).toEqual({ ...stranger, ...common });
    expect(headers["set-cookie"]?.[0]).toMatch(/^__Host-kv=; Max-Age=0; Path=\/; HttpOnly; Secure/);
  });

  const own = () => ({ origin: cluster.leader.gateway.url });
  const change = (headers: Record<string, string>, target = "/config") =>
    ask(cluster.leader.gateway.url, target, { method: "PATCH", headers, body: { maxDelay: 0 } });

  test("the cookie permits what its token does, to this node's own page", async () => {
    expect((await change({ ...cookieOf(admin), ...own() })).status).toBe(200);
    expect((await change({ ...cookieOf(admin), "sec-fetch-site": "same-origin" })).status).toBe(
      200,
    );
    expect((await change({ ...cookieOf(scoped), ...own() })).status).toBe(403);
    const read = await ask(cluster.leader.gateway.url, "/read?key=users/a", {
      headers: cookieOf(scoped),
    });
    expect(read.status).toBe(404);
  });

  test.each([
    ["another page", { "sec-fetch-site": "cross-site" }, 421],
    ["another page of the same site", { "sec-fetch-site": "same-site" }, 421],
    ["nobody knows where", {}, 401],
    ["another origin", { origin: "http://evil.example" }, 421],
  ])("and changes nothing for %s", async (_who, headers, status) => {
    expect((await change({ ...cookieOf(admin), ...headers })).status).toBe(status);
    const { json } = await session({
      headers: { ...cookieOf(admin), "sec-fetch-site": "cross-site" },
    });
    expect(json["id"]).toBeNull();
  });

  test("a header counts before the cookie", async () => {
    const headers = { ...cookieOf(admin), ...own(), ...bearer(scoped) };
    expect((await change(headers)).status).toBe(403);
  });

  test("another member gets the token, and decides by it", async () => {
    const url = cluster.followers[0]?.gateway.url ?? "";
    const headers = { ...cookieOf(admin), origin: url };
    const through = await ask(url, "/nodes/leader/config", { method: "PATCH", headers, body: {} });
    expect(through).toMatchObject({ status: 200, headers: { "x-kv-node": "leader" } });
    const view = await ask(url, "/cluster", { headers: cookieOf(scoped) });
    expect(view.json["fromLeader"]).toBe(true);
  });
});
