/** A cluster of real processes behind HAProxy, by the file that `deploy/` has. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { problemText } from "../../gateway/problems.ts";
import { failureOf } from "../../src/errors.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { openStream } from "../support/event-source.ts";
import type { NodeProcess } from "../support/node-process.ts";
import { findProgram, need } from "../support/programs.ts";
import { ask, type RestAnswer } from "../support/rest.ts";
import { nodesThatHangUp } from "./nodes-that-hang-up.ts";
import { type RunningProxy, serversUp, startHaproxy } from "./proxy.ts";

const program = findProgram("haproxy");
let cluster: Cluster;
let haproxy: RunningProxy;

beforeAll(async () => {
  if (program === undefined) return;
  // HAProxy waits longer than a node does.
  const env = { WRITE_QUORUM: "1", TIMEOUT: "20000" };
  cluster = await startCluster({ followers: 2, failover: true, env });
  const ports = cluster.nodes.map(({ settings }) => settings.port);
  haproxy = await startHaproxy({ program, ports });
});
afterAll(async () => {
  await haproxy?.close();
  await cluster?.close();
});
beforeEach((context) => need(context, { haproxy: program }));

const write = (body: object, headers: Record<string, string> = {}): Promise<RestAnswer> =>
  ask(haproxy.url, "/write", { method: "PUT", body, headers });

/** The documented names of nodes, in the order of the cluster's. */
const serverOf = (node: NodeProcess): string => "abc"[cluster.nodes.indexOf(node)] ?? "";

/** Waits until HAProxy takes these nodes, and no others, for ready. */
async function untilUp(backend: string, nodes: readonly NodeProcess[]): Promise<void> {
  const wanted = nodes.map(serverOf).toSorted().join();
  while ((await serversUp(haproxy, backend)).toSorted().join() !== wanted) await wait(50);
}

/** Waits until HAProxy takes the leader, and nobody else, for ready to write. */
async function untilLeaderUp(): Promise<NodeProcess> {
  for (;;) {
    const leader = await cluster.untilLed();
    if ((await serversUp(haproxy, "kv_writes")).join() === serverOf(leader)) return leader;
    await wait(50);
  }
}

test("reads go to every node, writes to the leader alone", async () => {
  await untilUp("kv_reads", cluster.nodes);
  const leader = await untilLeaderUp();
  const written = await write({ key: "a", value: 1 });
  expect([written.status, written.headers["x-kv-node"]]).toEqual([200, leader.id]);
  const readers = new Set<unknown>();
  for (let read = 0; read < 6; read += 1) {
    const { status, headers } = await ask(
      haproxy.url,
      `/read?key=a&minVersion=${written.json["version"]}`,
    );
    expect(status).toBe(200);
    readers.add(headers["x-kv-node"]);
  }
  expect(readers.size).toBe(3);
});

test("a browser stays with one node, and a view of several keys is a read", async () => {
  const first = await ask(haproxy.url, "/status");
  const [cookie = ""] = first.headers["set-cookie"] ?? [];
  const headers = { cookie: cookie.split(";", 1)[0] ?? "" };
  const served = new Set<unknown>();
  for (let read = 0; read < 3; read += 1) {
    const call = { method: "POST", headers, body: { keys: ["a", "b"] } };
    const { status, headers: answered } = await ask(haproxy.url, "/read", call);
    expect(status).toBe(200);
    served.add(answered["x-kv-node"]);
  }
  expect([...served]).toEqual([first.headers["x-kv-node"]]);
});

test("whoever comes through the proxy from elsewhere does not administer", async () => {
  const headers = { "x-forwarded-for": "203.0.113.7" };
  const call = { method: "PATCH", body: { writeQuorum: 2 }, headers };
  const { status, json } = await ask(haproxy.url, "/config", call);
  expect([status, json["code"]]).toEqual([403, "PERMISSION_DENIED"]);
});

test("a leader that is killed costs reads nothing; writes and events go on", async () => {
  const leader = await untilLeaderUp();
  const { json } = await write({ key: "k", value: "before" });
  const others = cluster.nodes.filter((node) => node !== leader);
  const path = `/read?key=k&minVersion=${json["version"]}`;
  for (const node of others) await node.until(path, () => true);

  await leader.kill();
  const body = { key: "k", value: "after" };
  const headers = { "idempotency-key": "after-the-kill" };
  let answer = await write(body, headers);
  while (answer.status !== 200) {
    // Nothing was sent anywhere, or the node that got it said what became of it.
    expect(answer.json["code"]).toBeDefined();
    expect((await ask(haproxy.url, path)).status).toBe(200);
    answer = await write(body, headers);
  }
  const next = await cluster.untilLed([leader]);
  expect(answer.headers["x-kv-node"]).toBe(next.id);
  await untilUp("kv_writes", [next]);
  await untilUp("kv_reads", others);
  const stream = await openStream(haproxy.url, `/watch?prefix=k&after=${json["version"]}`);
  expect(JSON.parse((await stream.next()).data)).toMatchObject({ key: "k", value: "after" });
  await stream.close();

  leader.start();
  await cluster.untilReady();
  await untilUp("kv_reads", cluster.nodes);
});

test("without a quorum reads go on, and a write is refused in the words of a node", async () => {
  const leader = await untilLeaderUp();
  const [left, ...lost] = cluster.nodes.filter((node) => node !== leader);
  await Promise.all([leader, ...lost].map((node) => node.kill()));
  await untilUp("kv_writes", []);
  const refused = await write({ key: "k", value: "never" });
  const { detail } = refused.json;
  const words = JSON.parse(problemText(failureOf("NO_LEADER", `${detail}`)));
  expect([refused.status, refused.json]).toEqual([503, words]);
  expect(refused.headers["content-type"]).toBe("application/problem+json");
  expect(refused.headers["retry-after"]).toBe("1");
  const read = await ask(haproxy.url, "/read?key=k");
  expect([read.status, read.headers["x-kv-node"]]).toEqual([200, left?.id]);
});

test.each([
  ["PUT", "/write", 1],
  ["DELETE", "/write", 1],
  ["POST", "/write/batch", 1],
  ["GET", "/read?key=a", 4],
  ["POST", "/read", 4],
])("HAProxy sends %s %s %i times when nodes hang up", async (method, path, times) => {
  const nodes = await nodesThatHangUp();
  const own = await startHaproxy({ program: `${program}`, ports: nodes.ports });
  onTestFinished(async () => {
    await own.close();
    nodes.close();
  });
  const { status } = await ask(own.url, path, { method });
  expect([status, nodes.taken()]).toEqual([502, times]);
});
