/** The figures on a port of their own: without a token, on this machine, and nothing else. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, afterEach, expect, test } from "vitest";
import { ask } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { TestTokens } from "../test/support/token-file.ts";

let cluster: SmallCluster | undefined;
const tokens = new TestTokens();
afterEach(() => cluster?.close());
afterAll(() => tokens.delete());

test("METRICS_PORT serves /metrics without a token, and nothing else", async () => {
  cluster = await startSmallCluster({
    settings: { tokensFile: tokens.path, metricsPort: 0, host: "0.0.0.0" },
  });
  const url = `http://127.0.0.1:${cluster.leader.metricsPort}`;
  expect((await ask(cluster.leader.gateway.url, "/metrics")).status).toBe(401);
  const answer = await ask(url, "/metrics");
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("kv_sequence");
  expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
  for (const target of ["/", "/status", "/read", "/metrics?x=1", "/nodes/leader/status", "/livez"])
    expect([target, (await ask(url, target)).status]).toEqual([target, 404]);
  expect((await ask(url, "/metrics", { method: "POST", body: {} })).status).toBe(404);
  const rebound = await ask(url, "/metrics", { headers: { host: "evil.example" } });
  expect(rebound).toMatchObject({ status: 421, json: { code: "MISDIRECTED" } });
});

test("a METRICS_PORT that is taken stops the start with one sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(startSmallCluster({ settings: { metricsPort: port } })).rejects.toThrow(
    `METRICS_PORT ${port} cannot be opened`,
  );
  other.close();
});
