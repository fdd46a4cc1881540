/** No spelling of a path leads to a file outside the page, or to an endpoint that its plain form is not. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../support/small-cluster.ts";
import { findFault } from "./documented.ts";
import { pathTries } from "./paths.ts";
import { send } from "./requests.ts";
import { exchangeRaw } from "./sockets.ts";

const outside = "secret.txt";
let folder: string;
let cluster: SmallCluster;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorum-kv-paths-"));
  const page = join(folder, "page");
  mkdirSync(join(page, "assets"), { recursive: true });
  writeFileSync(join(folder, outside), "outside the page");
  writeFileSync(join(page, "index.html"), "<!doctype html><title>the page</title>");
  writeFileSync(join(page, "assets", "app.js"), "export {};");
  cluster = await startSmallCluster({ followers: 1, pageDirectory: page });
});
afterAll(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true });
});

const asked = ["", "/nodes/leader"].flatMap((way) =>
  pathTries(outside).map((path) => `${way}${path}`),
);

test.each(asked)("GET %s is refused in the usual form", async (target) => {
  for (const { gateway } of [cluster.leader, ...cluster.followers]) {
    const wild = { method: "GET", target, headers: {}, body: undefined };
    const answer = await send(gateway.url, wild);
    expect(findFault("GET", answer), answer.text).toBeUndefined();
    expect([400, 404, 421], answer.text).toContain(answer.status);
    expect(answer.text).not.toMatch(/outside the page|root:|the page<|"digest"/);
  }
});

test("bytes that are no path are refused as well", async () => {
  const { port } = cluster.leader.gateway;
  for (const target of ["/\0", "/\u0001status", "/status\u007f", "status", "\\status", "/é"]) {
    const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`, "latin1");
    const text = await exchangeRaw(port, bytes);
    expect(text, JSON.stringify(target)).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(text).toContain("application/problem+json");
  }
});

test("the page itself is there", async () => {
  const { url } = cluster.leader.gateway;
  expect((await ask(url, "/")).text).toContain("the page<");
  expect((await ask(url, "/assets/app.js")).text).toBe("export {};");
  expect((await ask(url, "/nodes/@leader/status")).json).toMatchObject({ id: "leader" });
});
