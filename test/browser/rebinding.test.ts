/**
 * A stranger's page whose name resolves to this machine (DNS rebinding): to the browser, the node behind
 * that name is the page's own origin, so nothing but the node itself can refuse it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { startBrowser, type TestBrowser } from "./browser.ts";

const strange = "rebinding.example";
let cluster: Cluster;
let browser: TestBrowser;
beforeAll(async () => {
  [cluster, browser] = await Promise.all([
    startCluster({ followers: 1, env: { FAULTS: "1" } }),
    startBrowser([
      `--host-resolver-rules=MAP ${strange} 127.0.0.1`,
      // Newer browsers ask before a page from elsewhere calls this machine. The node does not rely on that.
      "--disable-features=LocalNetworkAccessChecks",
    ]),
  ]);
});
afterAll(async () => {
  await browser.close();
  await cluster.close();
});

const calls = [
  ["GET", "/read"],
  ["GET", "/status"],
  ["GET", "/nodes/follower1/status"],
  ["PUT", "/write", { key: "stolen", value: 1 }],
  ["PATCH", "/config", { writeQuorum: 0 }],
  ["POST", "/leader", {}],
  ["POST", "/sweeps", {}],
  ["PUT", "/faults/follower1", { type: "cut" }],
] as const;

test("a page under another name that resolves to the node can neither read, write nor administer", async () => {
  const { port } = new URL(cluster.leader.url);
  const address = `http://${strange}:${port}/`;
  const { page } = await browser.open("about:blank");
  // The name led to the stranger's server when the page was loaded, and leads to the node from then on.
  await page.route(address, (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>strange</title>" }),
  );
  await page.goto(address);
  for (const [method, path, body] of calls) {
    const answer = await page.evaluate(
      `fetch(${JSON.stringify(path)}, ${JSON.stringify({
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      })}).then(async (response) => [response.status, (await response.json()).code])`,
    );
    expect([path, answer]).toEqual([path, [421, "MISDIRECTED"]]);
  }
  const stream = await page.evaluate(`new Promise((resolve) => {
    const source = new EventSource("/events");
    source.onopen = () => resolve("open");
    source.onerror = () => resolve("refused");
  })`);
  expect(stream).toBe("refused");
  const own = await fetch(`${cluster.leader.url}/read?key=stolen`);
  expect(own.status).toBe(404);
});
