import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../test/support/cluster.ts";
import { openStream } from "../../test/support/event-source.ts";
import { ask } from "../../test/support/rest.ts";
import { bearer, TestTokens } from "../../test/support/token-file.ts";

const tokens = new TestTokens();
const headers = bearer(tokens.add("admin", { role: "admin" }));
let cluster: Cluster;
beforeAll(async () => {
  const env = { WRITE_QUORUM: "1", TOKENS_FILE: tokens.path };
  cluster = await startCluster({ followers: 1, env });
});
afterAll(async () => {
  await cluster.close();
  tokens.delete();
});

test("a sweep shows the nodes the token of whoever started it", async () => {
  const { url } = cluster.leader;
  const body = { quorums: [1], clients: 2, writes: 3, rounds: 1, minDelay: 0, maxDelay: 5 };
  const started = await ask(url, "/sweeps", { method: "POST", headers, body });
  expect(started.status).toBe(202);
  const { id } = started.json["sweep"] as { id: string };
  await (await openStream(url, `/sweeps/${id}/events`, headers)).ended();
  const { json } = await ask(url, `/sweeps/${id}`, { headers });
  expect(json["sweep"]).toMatchObject({
    state: "done",
    error: null,
    progress: { writesDone: 6 },
  });
});
