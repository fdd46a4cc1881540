/** A cluster of real processes behind nginx, below a path, by the file that `deploy/` has. */
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { startBrowser } from "../browser/browser.ts";
import { isLive } from "../browser/world.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { type OpenStream, openStream } from "../support/event-source.ts";
import { findProgram, need } from "../support/programs.ts";
import { ask } from "../support/rest.ts";
import { nodesThatHangUp } from "./nodes-that-hang-up.ts";
import { type RunningProxy, startNginx } from "./proxy.ts";

const program = findProgram("nginx");
const name = "kv.example.com";
let cluster: Cluster;
let nginx: RunningProxy;

beforeAll(async () => {
  if (program === undefined) return;
  // nginx waits longer than a node does.
  const env = { ALLOWED_HOSTS: name, WRITE_QUORUM: "1", TIMEOUT: "20000" };
  cluster = await startCluster({ followers: 2, failover: true, env });
  nginx = await startNginx({ program, ports: cluster.nodes.map(({ settings }) => settings.port) });
});
afterAll(async () => {
  await nginx?.close();
  await cluster?.close();
});
beforeEach((context) => need(context, { nginx: program }));

const write = async (body: object, headers: Record<string, string> = {}) =>
  await ask(nginx.url, "/kv/write", { method: "PUT", body, headers });

/** Once every node that runs has it. Each key once: nginx may try another node. */
async function written(key: string, value: unknown): Promise<number> {
  const { status, json } = await write({ key, value }, { "idempotency-key": key });
  expect([status, json]).toEqual([200, expect.anything()]);
  const { version } = json as { version: number };
  const running = cluster.nodes.filter(({ isRunning }) => isRunning);
  const path = `/read?key=${encodeURIComponent(key)}&minVersion=${version}`;
  for (const node of running) await node.until(path, () => true);
  return version;
}

test("the page works below a path, under the name of the proxy", async () => {
  const browser = await startBrowser([`--host-resolver-rules=MAP ${name} 127.0.0.1`]);
  onTestFinished(() => browser.close());
  const { page, faults } = await browser.open(`http://${name}:${nginx.port}/kv`);
  expect(new URL(page.url()).pathname).toBe("/kv/");
  await isLive(page);
  await page.locator(".quick-write input[name=key]").fill("from/the page");
  await page.locator(".quick-write button[type=submit]").click();
  await page.locator(".quick-result.good").waitFor();
  const noted = page.locator(".feed-list li", { hasText: "“from/the page”" });
  await noted.first().waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a name and an origin that are not the proxy's are refused", async () => {
  const body = { key: "a", value: 1 };
  const byName = await write(body, { host: `other.example:${nginx.port}` });
  const host = `${name}:${nginx.port}`;
  const byOrigin = await write(body, { host, origin: "http://other.example" });
  expect([byName.json["code"], byOrigin.json["code"]]).toEqual(["MISDIRECTED", "MISDIRECTED"]);
});

test("whoever comes through the proxy from elsewhere does not administer", async () => {
  const from = { "x-forwarded-for": "203.0.113.7" };
  const call = { method: "PATCH", body: { writeQuorum: 2 }, headers: from };
  const { status, json } = await ask(nginx.url, "/kv/nodes/@leader/config", call);
  expect([status, json["code"]]).toEqual([403, "PERMISSION_DENIED"]);
});

test("a value of the largest size passes, and one that is larger is refused in the node's words", async () => {
  const value = "v".repeat(1024 * 1024 - 2);
  await written("large", value);
  const read = await ask(nginx.url, "/kv/read?key=large");
  expect(read.json["value"]).toBe(value);
  const { status, json } = await write({ key: "large", value: `${value}v` });
  expect([status, json["code"]]).toEqual([413, "TOO_LARGE"]);
});

test("events pass as they happen, and go on at another node after the last one that was seen", async () => {
  const first = await written("sse/1", 1);
  const target = `/kv/watch?prefix=sse/&after=${first - 1}`;
  const stream = await openStream(nginx.url, target);
  const seen: unknown[] = [];
  const next = async (from: OpenStream) => {
    const { id, data } = await from.next();
    seen.push(JSON.parse(data).key);
    return id;
  };
  let id = await next(stream);
  await written("sse/2", 2);
  id = await next(stream);
  expect(seen).toEqual(["sse/1", "sse/2"]);

  const lost = cluster.node(`${stream.response.headers["x-kv-node"]}`);
  await lost.kill();
  await stream.ended();
  await cluster.untilLed([lost]);
  await written("sse/3", 3);
  const again = await openStream(nginx.url, target, { "last-event-id": `${id}` });
  expect(again.response.headers["x-kv-node"]).not.toBe(lost.id);
  await written("sse/4", 4);
  await next(again);
  await next(again);
  expect(seen).toEqual(["sse/1", "sse/2", "sse/3", "sse/4"]);
  await again.close();
  lost.start();
  await cluster.untilReady();
});

test("a leader that is killed costs reads nothing, and writes go to the next one", async () => {
  const version = await written("failover", "before");
  const leader = await cluster.untilLed();
  await leader.kill();
  const headers = { "idempotency-key": "after-the-kill" };
  const body = { key: "failover", value: "after" };
  for (let read = 0; read < 10; read += 1) {
    const answer = await ask(nginx.url, `/kv/read?key=failover&minVersion=${version}`);
    expect([answer.status, answer.json["value"]]).toEqual([200, "before"]);
  }
  let answer = await write(body, headers);
  // With its key it may be sent again, whatever became of it.
  while (answer.status >= 500) answer = await write(body, headers);
  const repeat = await write(body, headers);
  expect([answer.status, repeat.json["version"]]).toEqual([200, answer.json["version"]]);
  expect(repeat.headers["idempotency-replayed"]).toBe("true");
  expect(answer.headers["x-kv-node"]).not.toBe(leader.id);
  leader.start();
  await cluster.untilReady();
});

/** nginx before three nodes that take a request and hang up, and how often one request was taken. */
async function beforeNodesThatHangUp() {
  const nodes = await nodesThatHangUp();
  const proxy = await startNginx({ program: `${program}`, ports: nodes.ports });
  onTestFinished(async () => {
    await proxy.close();
    nodes.close();
  });
  return async (method: string, path: string, headers: Record<string, string> = {}) => {
    const { status } = await ask(proxy.url, path, { method, headers });
    return [status, nodes.taken()];
  };
}

test("nginx sends no write twice that has no idempotency key", async () => {
  const sent = await beforeNodesThatHangUp();
  expect(await sent("PUT", "/kv/write")).toEqual([502, 1]);
  expect(await sent("DELETE", "/kv/write")).toEqual([502, 1]);
  expect(await sent("POST", "/kv/write/batch")).toEqual([502, 1]);
});

const keyed = { "idempotency-key": "1" };

test("nginx sends nothing else twice for its idempotency key: nodes know those of writes alone", async () => {
  const sent = await beforeNodesThatHangUp();
  expect(await sent("POST", "/kv/sweeps", keyed)).toEqual([502, 1]);
  expect(await sent("PATCH", "/kv/nodes/@leader/config", keyed)).toEqual([502, 1]);
});

test.each([
  ["GET", "/kv/read?key=a", {}],
  ["POST", "/kv/read", {}],
  ["PUT", "/kv/write", keyed],
  ["POST", "/kv/write/batch", keyed],
  ["DELETE", "/kv/nodes/@leader/write", keyed],
])("nginx tries %s %s at every node, with %o", async (method, path, headers) => {
  const sent = await beforeNodesThatHangUp();
  expect(await sent(method, path, headers)).toEqual([502, 3]);
});
