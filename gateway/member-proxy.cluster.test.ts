/** /nodes/:id/… to members that are real processes, stopped in their tracks. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../test/support/cluster.ts";
import { openStream } from "../test/support/event-source.ts";
import type { NodeProcess } from "../test/support/node-process.ts";
import { ask } from "../test/support/rest.ts";

let cluster: Cluster;
let follower1: NodeProcess;
let follower2: NodeProcess;
beforeAll(async () => {
  cluster = await startCluster({ followers: 2, env: { WRITE_QUORUM: "1" } });
  follower1 = cluster.node("follower1");
  follower2 = cluster.node("follower2");
});
afterAll(() => cluster.close());

/** Without a bound of its own, a call would never end: the member goes on only after it. */
const lost = {
  status: 503,
  headers: { "retry-after": "1", "x-kv-node": "leader" },
  json: { code: "RECOVERING", member: "follower2" },
};

test("a stopped follower's reads end in 503, known as unreachable or not", async () => {
  const { url } = cluster.leader;
  const read = () => ask(url, "/nodes/follower2/status");
  // Leaves an open connection behind, as a busy gateway has many.
  expect((await read()).status).toBe(200);
  const stream = await openStream(url, "/nodes/follower2/events");
  follower2.freeze();
  try {
    expect(await read()).toMatchObject(lost);
    expect(await read()).toMatchObject(lost);
    expect(await ask(url, "/nodes/follower2/watch")).toMatchObject(lost);
    await cluster.leader.until<{ nodes: { id: string; state: string }[] }>("/cluster", (view) =>
      view.nodes.some(({ id, state }) => id === "follower2" && state === "unreachable"),
    );
    expect(await read()).toMatchObject(lost);
    // It was idle for a while before the member is asked; then it breaks off.
    await stream.ended();
  } finally {
    follower2.thaw();
  }
  await follower2.untilReady();
  expect((await read()).status).toBe(200);
});

test("a write to a stopped leader is unknown", async () => {
  const write = { method: "PUT", body: { key: "stopped", value: 1 } };
  expect((await ask(follower1.url, "/nodes/leader/write", write)).status).toBe(200);
  cluster.leader.freeze();
  try {
    expect(await ask(follower1.url, "/nodes/leader/write", write)).toMatchObject({
      status: 504,
      headers: { "x-kv-node": "follower1" },
      json: { code: "OUTCOME_UNKNOWN", member: "leader", version: null },
    });
  } finally {
    cluster.leader.thaw();
  }
});

test("a write to a member that is gone was not written", async () => {
  await follower2.kill();
  const write = { method: "PUT", body: { key: "gone", value: 1 } };
  expect(await ask(cluster.leader.url, "/nodes/follower2/write", write)).toMatchObject(lost);
});
