/** Many tabs in one browser, which opens six connections to a node and no more. */
import type { BrowserContext, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { isLive, testWorld } from "./world.ts";

const world = testWorld();
let context: BrowserContext | undefined;

afterEach(async () => {
  await context?.close();
  context = undefined;
});

/** The first tab and `more` others of the same browser. */
async function tabsOn(node: string, more: number): Promise<readonly Page[]> {
  const { url } = world.cluster.node(node);
  const { page } = await world.browser.open(url);
  context = page.context();
  const pages = [page];
  for (let number = 0; number < more; number++) {
    const next = await context.newPage();
    next.setDefaultTimeout(120_000);
    await next.goto(url);
    pages.push(next);
  }
  return pages;
}

/** How often a node's events were asked for, as its metrics tell. */
async function streamsOpened(node: string): Promise<number> {
  const text = await (await fetch(`${world.cluster.node(node).url}/metrics`)).text();
  const line = /^kv_http_requests_total\{route="\/events",method="GET",status="200"\} (\d+)$/m;
  return Number(line.exec(text)?.[1] ?? 0);
}

for (const node of ["leader", "follower1"]) {
  test(`eight tabs on ${node} are live, answer, and share their streams`, async () => {
    const before = await streamsOpened(node);
    const pages = await tabsOn(node, 7);
    for (const page of pages) await isLive(page);
    await Promise.all(
      pages.map(async (page, number) => {
        await page.locator(".quick-write input[name=key]").fill(`tab/${number}`);
        await page.locator(".quick-write button[type=submit]").click();
        await page.locator(".quick-result.good").waitFor();
      }),
    );
    for (const page of pages) {
      for (let number = 0; number < pages.length; number++) {
        await page
          .locator(".feed-list li", { hasText: `“tab/${number}”` })
          .first()
          .waitFor();
      }
    }
    // One, and another one each time that a busy machine kept it quiet for too long.
    expect(await streamsOpened(node)).toBeGreaterThan(before);
    expect(await streamsOpened(node)).toBeLessThan(before + pages.length / 2);
  });
}

test("a tab that comes late shows the writes of before, once each", async () => {
  const [first] = await tabsOn("follower2", 0);
  if (first === undefined || context === undefined) throw new Error("no tab");
  await isLive(first);
  await first.locator(".quick-write input[name=key]").fill("before/late");
  await first.locator(".quick-write button[type=submit]").click();
  await first.locator(".quick-result.good").waitFor();
  const late = await context.newPage();
  await late.goto(world.cluster.node("follower2").url);
  await isLive(late);
  const line = late.locator(".feed-list li", { hasText: "“before/late”" });
  await line.waitFor();
  expect(await line.count()).toBe(1);
});

const setHidden = (page: Page, hidden: boolean): Promise<unknown> =>
  page.evaluate(`(() => {
    Object.defineProperty(document, "hidden", { configurable: true, value: ${hidden} });
    document.dispatchEvent(new Event("visibilitychange"));
  })()`);

test("hidden tabs give their streams back within seconds, and take them again", async () => {
  const before = await streamsOpened("follower3");
  const pages = await tabsOn("follower3", 1);
  for (const page of pages) await isLive(page);
  for (const page of pages) await setHidden(page, true);
  for (const page of pages) {
    await page.locator(".live-button.connecting").waitFor();
  }
  // Had the streams stayed open, this tab would have joined them.
  const [one] = pages;
  if (one === undefined) throw new Error("no tab");
  await setHidden(one, false);
  await isLive(one);
  expect(await streamsOpened("follower3")).toBeGreaterThanOrEqual(before + 2);
  expect(await one.locator(".feed-list li", { hasText: "No events from" }).count()).toBe(0);
});

test("a browser without shared workers shows the page all the same", async () => {
  const { page } = await world.browser.open("about:blank");
  context = page.context();
  await context.addInitScript("delete window.SharedWorker");
  await page.goto(world.cluster.leader.url);
  await isLive(page);
  await page.locator(".quick-write button[type=submit]").click();
  await page.locator(".feed-list li", { hasText: "Wrote “greeting”" }).first().waitFor();
});
