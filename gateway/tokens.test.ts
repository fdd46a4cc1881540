/** What a token opens over REST, with real nodes that share one file of tokens. */
import { chmodSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStream } from "../test/support/event-source.ts";
import { ask, askRaw, type RestAnswer, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, silentLog, startSmallCluster } from "../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../test/support/token-file.ts";
import { TokenFile } from "./access/token-file.ts";
import { wrongTokensMax } from "./access/wrong-tokens.ts";

const tokens = new TestTokens();
const reader = tokens.add("reader", { role: "read" });
const writer = tokens.add("writer", { role: "write" });
const admin = tokens.add("admin", { role: "admin" });
const scoped = tokens.add("scoped", { role: "write", prefixes: ["users/", "é"] });
const expired = tokens.add("expired", { role: "admin", expires: "2020-01-01T00:00:00Z" });

let cluster: SmallCluster;
const log: unknown[] = [];
beforeAll(async () => {
  const heard = (...line: unknown[]) => void log.push(line);
  cluster = await startSmallCluster({
    followers: 1,
    settings: {
      tokensFile: tokens.path,
      faults: true,
      controlUrl: "http://127.0.0.1:9/token",
      admin: true,
    },
    log: { debug: heard, info: heard, warn: heard, error: heard, isLevelEnabled: () => true },
  });
  await put("users/1", 1, admin);
  await put("secret", 2, admin);
});
afterAll(async () => {
  await cluster.close();
  tokens.delete();
});

const leader = (target: string, call?: RestCall) => ask(cluster.leader.gateway.url, target, call);
const put = (key: string, value: unknown, token: string): Promise<RestAnswer> =>
  leader("/write", { method: "PUT", body: { key, value }, headers: bearer(token) });
const refused = (status: number, code: string) => ({ status, json: { code } });
const unauthenticated = refused(401, "UNAUTHENTICATED");
const denied = refused(403, "PERMISSION_DENIED");

/** Every call, with a body that only a permitted caller gets refused for, and the role that it needs. */
const table: readonly (readonly [need: string, method: string, target: string])[] = [
  ["open", "GET", "/livez"],
  ["open", "GET", "/openapi.json"],
  ["open", "GET", "/readyz"],
  ["open", "GET", "/readyz?for=reads"],
  ["open", "GET", "/session"],
  ["open", "POST", "/session"],
  ["open", "DELETE", "/session"],
  ["open", "GET", "/"],
  ["open", "GET", "/nothing-here"],
  ["read", "GET", "/read"],
  ["read", "HEAD", "/read?key=a"],
  ["read", "POST", "/read"],
  ["read", "GET", "/status"],
  ["read", "GET", "/cluster"],
  ["read", "GET", "/metrics"],
  ["read", "GET", "/events"],
  ["read", "GET", "/watch"],
  ["read", "GET", "/sweeps"],
  ["read", "GET", "/sweeps/none"],
  ["read", "GET", "/sweeps/none/events"],
  ["read", "GET", "/sweeps/none/report/a/b"],
  ["read", "GET", "/faults"],
  ["read", "GET", "/control"],
  ["write", "PUT", "/write"],
  ["write", "DELETE", "/write"],
  ["write", "POST", "/write/batch"],
  ["admin", "PATCH", "/config"],
  ["admin", "POST", "/leader"],
  ["admin", "POST", "/sweeps"],
  ["admin", "DELETE", "/sweeps/none"],
  ["admin", "PUT", "/faults/follower1"],
  ["admin", "DELETE", "/faults/follower1"],
  ["admin", "DELETE", "/faults"],
  ["admin", "POST", "/control/leader/kill"],
];
const ranks = ["open", "read", "write", "admin"];

/** Status and code; a stream is cut off once its head has arrived. */
const statusOf = (
  url: string,
  method: string,
  target: string,
  token: string | undefined,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const body = method === "GET" || method === "HEAD" ? "" : '{"unknown":1}';
    const socket = connect(Number(port), "127.0.0.1");
    socket.once("error", reject);
    socket.once("data", (bytes) => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(bytes.toString("latin1"))?.[1]));
    });
    const lines = [
      `${method} ${target} HTTP/1.1`,
      "Host: localhost",
      "Content-Type: application/json",
    ];
    if (body !== "") lines.push(`Content-Length: ${body.length}`);
    if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  });

test("the table has every call of the API", async () => {
  const { text } = await leader("/metrics", { headers: bearer(reader) });
  const counted = text.matchAll(
    /^kv_http_requests_total\{route="(\/[^"]+)",method="(\w+)",status="200"/gm,
  );
  const missing = [...counted].filter(([, route = "", method]) => {
    const shape = new RegExp(`^${route.replaceAll(/\*\w+/g, ".+").replaceAll(/:\w+/g, "[^/]+")}$`);
    return !table.some(
      ([, known, target]) => known === method && shape.test(target.replace(/\?.*/, "")),
    );
  });
  expect(text).toContain('route="/write/batch",method="POST"');
  expect(missing.map(([, route, method]) => `${method} ${route}`)).toEqual([]);
});

describe.each([
  ["asked directly", ""],
  ["asked through another member", "/nodes/leader"],
])("every call, %s", (_how, prefix) => {
  const url = () => (prefix === "" ? cluster.leader : cluster.followers[0])?.gateway.url ?? "";

  test.each(table)("%s: %s %s", async (need, method, target) => {
    const callers = [
      ["open", undefined],
      ["read", reader],
      ["write", writer],
      ["admin", admin],
    ] as const;
    for (const [role, token] of callers) {
      const status = await statusOf(url(), method, prefix + target, token);
      const permitted = ranks.indexOf(role) >= ranks.indexOf(need);
      if (permitted) expect([401, 403, 429]).not.toContain(status);
      else expect([role, status]).toEqual([role, token === undefined ? 401 : 403]);
    }
  });
});

describe("a caller without a right token", () => {
  test.each([
    ["none", undefined],
    ["an unknown one", `Bearer kv_${"a".repeat(43)}`],
    ["one that has expired", `Bearer ${expired}`],
    ["another scheme", `Basic ${reader}`],
    ["nothing after Bearer", "Bearer "],
    ["two tokens", `Bearer ${reader} ${reader}`],
  ])("%s is told so, before its body is read", async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const call = { method: "PUT", headers, body: "this is not JSON" };
    const answer = await leader("/write", call);
    expect(answer).toMatchObject(unauthenticated);
    expect(answer.headers["www-authenticate"]).toBe("Bearer");
  });

  test("being on this machine, or ADMIN=1, does not help it", async () => {
    expect(await leader("/config", { method: "PATCH", body: {} })).toMatchObject(unauthenticated);
  });

  test("the connection stays usable", async () => {
    const body = "x".repeat(100_000);
    const first = `PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const second = `GET /read?key=users/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${reader}\r\nConnection: close\r\n\r\n`;
    const text = await askRaw(cluster.leader.gateway.port, first + second);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 401", "HTTP/1.1 200"]);
  });

  test("learns whether the node is ready, and no reasons", async () => {
    expect((await leader("/readyz")).json).toEqual({ ready: true });
    const known = await leader("/readyz", { headers: bearer(reader) });
    expect(known.json).toEqual({ ready: true, reasons: [] });
  });

  test("gets 429 after many wrong tokens, while right ones from its address pass", async () => {
    const wrong = () => leader("/status", { headers: bearer("wrong") });
    let answer = await wrong();
    for (let asked = 1; asked < wrongTokensMax + 10 && answer.status === 401; asked += 1)
      answer = await wrong();
    expect(answer).toMatchObject(refused(429, "RATE_LIMITED"));
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    expect((await leader("/status", { headers: bearer(reader) })).status).toBe(200);
    expect((await leader("/status")).status).toBe(401);
  });

  test.each([
    ["/livez", "127.0.0.2", 200],
    ["/readyz", "127.0.0.3", 200],
    ["/session", "127.0.0.4", 429],
    ["/nodes/follower1/session", "127.0.0.5", 429],
  ])("is counted at %s as well, where anybody is answered", async (target, from, status) => {
    const statuses: number[] = [];
    for (let asked = 0; asked <= wrongTokensMax; asked += 1)
      statuses.push((await leader(target, { from, headers: bearer("wrong") })).status);
    expect(statuses).toEqual([...Array<number>(wrongTokensMax).fill(200), status]);
    const other = await leader("/status", { from, headers: bearer("wrong") });
    expect(other).toMatchObject(refused(429, "RATE_LIMITED"));
    // A cookie that has expired comes with every request of the page, which must show the login form.
    const cookie = { from, headers: { cookie: "__Host-kv=wrong" } };
    expect(await leader("/session", cookie)).toMatchObject({ status: 200, json: { id: null } });
    expect((await leader("/status", { from, headers: bearer(reader) })).status).toBe(200);
  });
});

describe("a token for prefixes", () => {
  const read = (target: string) => leader(target, { headers: bearer(scoped) });

  test("opens the keys that start with them", async () => {
    expect((await put("users/2", 1, scoped)).status).toBe(200);
    expect((await put("épée", 1, scoped)).status).toBe(200);
    expect((await read("/read?key=users/1")).json).toMatchObject({ value: 1 });
    const page = await read("/read?prefix=users/&after=a");
    expect(page.json["entries"]).toMatchObject([{ key: "users/1" }, { key: "users/2" }]);
    expect((await read("/read?prefix=users/1")).status).toBe(200);
  });

  test.each([
    "/read?key=secret",
    "/read?key=missing",
    "/read?key=users",
    "/read?key=secret&minVersion=999999999",
    "/read",
    "/read?prefix=u",
    "/read?prefix=secret",
    "/watch",
    "/watch?prefix=u&after=0",
  ])("refuses %s", async (target) => {
    expect(await read(target)).toMatchObject(denied);
  });

  test("refuses to read many keys with one outside, there or not", async () => {
    const many = (...keys: string[]) =>
      leader("/read", { method: "POST", body: { keys }, headers: bearer(scoped) });
    expect((await many("users/1", "users/none")).json).toMatchObject({
      entries: [{ value: 1 }, null],
    });
    const there = await many("users/1", "secret");
    expect(there).toMatchObject(denied);
    expect(there.text).toBe((await many("users/1", "absent")).text);
  });

  test("does not tell a key that exists from one that does not", async () => {
    const there = await read("/read?key=secret");
    const missing = await read("/read?key=absent");
    expect(there.text).toBe(missing.text);
    const remove = (key: string) =>
      leader("/write", { method: "DELETE", body: { key }, headers: bearer(scoped) });
    expect((await remove("secret")).text).toBe((await remove("absent")).text);
    const guess = (key: string) =>
      leader("/write", {
        method: "PUT",
        body: { key, value: 1, ifVersion: 0 },
        headers: bearer(scoped),
      });
    expect((await guess("secret")).text).toBe((await guess("absent")).text);
  });

  test("refuses a batch with one key outside, whole", async () => {
    const operations = [{ put: { key: "users/3", value: 1 } }, { delete: { key: "secret" } }];
    const call = { method: "POST", body: { operations }, headers: bearer(scoped) };
    expect(await leader("/write/batch", call)).toMatchObject(denied);
    expect((await read("/read?key=users/3")).status).toBe(404);
    expect((await leader("/read?key=secret", { headers: bearer(reader) })).status).toBe(200);
  });

  test("shows its keys alone in the events of the page", async () => {
    await put("users/before", 1, admin);
    await put("hidden", 1, admin);
    const stream = await openStream(cluster.leader.gateway.url, "/events", bearer(scoped));
    await put("hidden-later", 1, admin);
    await put("users/later", 1, admin);
    const keys: string[] = [];
    for (;;) {
      const event = await stream.next();
      if (event.event === "write") keys.push(...JSON.parse(event.data ?? "").keys);
      if (keys.includes("users/later")) break;
    }
    await stream.close();
    expect(keys).toContain("users/before");
    expect(keys.filter((key) => !key.startsWith("users/") && !key.startsWith("é"))).toEqual([]);
  });
});

describe("the file", () => {
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const statusWith = async (token: string) =>
    (await leader("/status", { headers: bearer(token) })).status;

  test("counts as it is now: tokens come and go, and take their streams along", async () => {
    const passing = tokens.add("passing", { role: "read" });
    await until(async () => (await statusWith(passing)) === 200);
    const url = cluster.leader.gateway.url;
    const watching = await openStream(url, "/watch?after=0", bearer(passing));
    const live = await openStream(url, "/events", bearer(passing));
    const lasting = await openStream(url, "/watch", bearer(reader));
    tokens.remove("passing");
    await Promise.all([watching.ended(), live.ended()]);
    expect(await statusWith(passing)).not.toBe(200);
    await put("users/after", 1, admin);
    let event = await lasting.next();
    while (event.event !== "put") event = await lasting.next();
    expect(JSON.parse(event.data ?? "").key).toBe("users/after");
    await lasting.close();
  });

  test("a stream ends when its token expires", async () => {
    const expires = new Date(Date.now() + 3000).toISOString();
    const brief = tokens.add("brief", { role: "read", expires });
    await until(async () => (await statusWith(brief)) === 200 || Date.now() > Date.parse(expires));
    const live = await openStream(cluster.leader.gateway.url, "/events", bearer(brief));
    await live.ended();
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires));
  });

  test("is refused while others can read it, and later changes nothing", async () => {
    const other = new TestTokens();
    const open = () => TokenFile.open({ path: other.path, log: silentLog, now: () => Date.now() });
    chmodSync(other.path, 0o604);
    await expect(open()).rejects.toThrow(/^TOKENS_FILE .* cannot be used: .*mode 604/);
    chmodSync(other.path, 0o640);
    (await open()).close();
    other.delete();
    await expect(open()).rejects.toThrow("ENOENT");
  });
});

test("no token appears in a log line, an error or a metric", async () => {
  const metrics = await leader("/metrics", { headers: bearer(admin) });
  expect(metrics.text).toMatch(/kv_callers_refused_total\{code="UNAUTHENTICATED"\} [1-9]/);
  expect(metrics.text).toMatch(/kv_callers_refused_total\{code="PERMISSION_DENIED"\} [1-9]/);
  expect(metrics.text).toMatch(/kv_callers_refused_total\{code="RATE_LIMITED"\} [1-9]/);
  await cluster.followers[0]?.close();
  const gone = await leader("/nodes/follower1/status", { headers: bearer(admin) });
  expect(gone.status).toBe(503);
  const all = JSON.stringify(log, (_name, value) =>
    value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value,
  );
  for (const token of [reader, writer, admin, scoped, expired]) {
    for (const text of [all, metrics.text, gone.text]) expect(text).not.toContain(token);
  }
});
