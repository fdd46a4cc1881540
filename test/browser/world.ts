/** What the tests of the page share: a cluster of real processes, a real browser, and its open pages. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { type Cluster, type ClusterOptions, startCluster } from "../support/cluster.ts";
import { type OpenPage, startBrowser, type TestBrowser } from "./browser.ts";

export interface World {
  readonly cluster: Cluster;
  readonly browser: TestBrowser;
  /** Opens a node's page and waits until it is live. It is closed after the test. */
  show(node: string, path?: string): Promise<OpenPage>;
  /** Calls the leader's HTTP API. */
  call(method: string, path: string, body?: unknown): Promise<Response>;
}

/** Starts both before the first test of a file and ends them after the last. */
export function testWorld(options: ClusterOptions = {}): World {
  // A browser and six nodes take their time on a machine that others use too.
  vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
  let cluster: Cluster | undefined;
  let browser: TestBrowser | undefined;
  const open: OpenPage[] = [];
  beforeAll(async () => {
    [cluster, browser] = await Promise.all([startCluster(options), startBrowser()]);
  });
  afterEach(async () => {
    for (const { page } of open.splice(0)) await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster?.close();
  });
  const world: World = {
    get cluster() {
      return started(cluster);
    },
    get browser() {
      return started(browser);
    },
    async show(node, path = "/") {
      const opened = await world.browser.open(world.cluster.node(node).url + path);
      open.push(opened);
      await isLive(opened.page);
      return opened;
    },
    async call(method, path, body) {
      const headers = { "content-type": "application/json" };
      const sent = body === undefined ? {} : { body: JSON.stringify(body), headers };
      return await fetch(world.cluster.leader.url + path, { method, ...sent });
    },
  };
  return world;
}

/** Waits until the page says that events arrive. */
export const isLive = (page: Page): Promise<void> =>
  page.locator(".live-button.live", { hasText: "Live" }).waitFor();

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("used before the first test");
  return part;
}
