/** What the tests of the page share: a cluster of real processes, a real browser, and its open pages. */
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type Cluster, type ClusterOptions, startCluster } from "../support/cluster.ts";
import { type OpenPage, startBrowser, type TestBrowser } from "./browser.ts";

export interface World {
  readonly cluster: Cluster;
  readonly browser: TestBrowser;
  /** Opens a node's page and waits until it is live. It is closed after the test. */
  show(node: string, path?: string): Promise<OpenPage>;
  /** Calls the leader's HTTP API. */
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /**
   * Writes at the leader, with the API's options. A busy machine may find too few followers live for a
   * moment and refuse; nothing was written then, and it is asked again.
   */
  write(key: string, value: unknown, options?: object): Promise<Response>;
}

/** Starts both before the first test of a file and ends them after the last. */
export function testWorld(options: ClusterOptions = {}): World {
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
    async write(key, value, options = {}) {
      for (;;) {
        const answer = await world.call("PUT", "/write", { key, value, ...options });
        if (answer.status === 503) continue;
        expect(answer.status).toBe(200);
        return answer;
      }
    },
  };
  return world;
}

/** Waits until the page says that events arrive. */
export const isLive = (page: Page): Promise<void> =>
  page.locator(".live-button.live", { hasText: "Live" }).waitFor();

/** Waits until an expression is true in the page. */
export const isTrue = async (page: Page, expression: string): Promise<void> => {
  while ((await page.evaluate(expression)) !== true) await wait(50);
};

let noted = 0;

/** Starts to note what a part of the page says, however soon that is gone again. */
export async function noteSayings(page: Page, selector: string) {
  noted += 1;
  const name = `sayings${noted}`;
  await page.evaluate(`void (window.${name} = [], new MutationObserver(() => {
    for (const part of document.querySelectorAll(${JSON.stringify(selector)}))
      if (window.${name}.at(-1) !== part.textContent) window.${name}.push(part.textContent);
  }).observe(document.body, { childList: true, subtree: true, characterData: true }))`);
  return {
    /** Resolves once it has said so. */
    told: (text: string) =>
      isTrue(page, `window.${name}.some((said) => said.includes(${JSON.stringify(text)}))`),
    all: async () => (await page.evaluate(`window.${name}`)) as readonly string[],
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("used before the first test");
  return part;
}
