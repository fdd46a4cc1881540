/** The client library as it is packed, in a page: on `fetch` of a browser, and bound to one origin. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { startCluster, type TestCluster } from "quorum-kv/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { QuorumKV } from "../../client/src/quorum-kv.ts";
import { type InstalledPackage, installPackage } from "../client/installed-package.ts";
import { startBrowser, type TestBrowser } from "./browser.ts";

/** Beside the paths of a node, on its origin: as a proxy would serve a page together with the API. */
const place = "/page-of-the-test";
const imports = {
  "quorum-kv-client": `${place}/node_modules/quorum-kv-client/dist/index.js`,
  "eventsource-parser": `${place}/node_modules/eventsource-parser/dist/index.js`,
};
const html = `<!doctype html><title>A page</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
import { KVError, QuorumKV } from "quorum-kv-client";
const kv = new QuorumKV({ endpoints: location.origin, timeoutMs: 120000 });
const seen = [];
(async () => {
  for await (const { key } of kv.watch({ prefix: "page/", after: 0, timeoutMs: 120000 })) seen.push(key);
})();
Object.assign(window, { kv, seen, KVError });
</script>`;

let installed: InstalledPackage;
let browser: TestBrowser;
let cluster: TestCluster;
beforeAll(async () => {
  installed = await installPackage();
  browser = await startBrowser();
  cluster = await startCluster({ nodes: 3 });
});
afterAll(async () => {
  await browser?.close();
  await cluster?.close();
  installed?.remove();
});

/** What the page has put into its window. */
declare const kv: QuorumKV;
declare const seen: readonly string[];

async function openPage(url: string): Promise<Page> {
  const { page } = await browser.open(`${url}/status`);
  await page.route(`${url}${place}/**`, (route) => {
    const path = new URL(route.request().url()).pathname.slice(place.length + 1);
    return path === ""
      ? route.fulfill({ contentType: "text/html", body: html })
      : route.fulfill({
          contentType: "text/javascript",
          body: readFileSync(join(installed.folder, path), "utf8"),
        });
  });
  await page.goto(`${url}${place}/`);
  await page.waitForFunction("window.kv !== undefined");
  return page;
}

test("a page reads, writes, watches, and goes on when the leader is lost", async () => {
  const follower = cluster.nodes.find(({ leads }) => !leads);
  const page = await openPage(follower?.url ?? "");
  const first = await page.evaluate(() => kv.put("page/1", { n: 1 }));
  expect(await page.evaluate(() => kv.get("page/1"))).toEqual({
    ...{ key: "page/1", value: { n: 1 }, version: first.version },
  });
  const refused = await page.evaluate(() =>
    kv.put("page/1", 0, { ifVersion: 0 }).catch(({ code, written }) => ({ code, written })),
  );
  expect(refused).toEqual({ code: "VERSION_MISMATCH", written: "no" });
  await cluster.nodes.find(({ leads }) => leads)?.close();
  await page.evaluate(() => kv.batch([{ put: { key: "page/2", value: 2 } }]));
  const view = await page.evaluate(() => kv.getMany(["page/2", "page/1", "page/0"]));
  expect(view.entries.map((entry) => entry?.value)).toEqual([2, { n: 1 }, undefined]);
  await page.waitForFunction(() => seen.length >= 2);
  expect(await page.evaluate(() => seen)).toEqual(["page/1", "page/2"]);
});
