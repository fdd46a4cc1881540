/** What one watches while something happens: figures, faults, a sweep, a long key. */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { ClusterView } from "../../src/node/api.ts";
import { startCluster } from "../support/cluster.ts";
import { isTrue, testWorld } from "./world.ts";

const world = testWorld({ env: { FAULTS: "1" } });
const { show, call, write } = world;

afterEach(async () => {
  await call("DELETE", "/faults");
  await call("PATCH", "/config", { writeQuorum: 3, minDelay: 0, maxDelay: 0 });
  // A follower that was cut off or slowed down is live again only once it was heard.
  await untilIs(async () => (await liveFollowers()).length, 5);
});

const liveFollowers = async (): Promise<readonly unknown[]> => {
  const { nodes } = (await (await call("GET", "/cluster")).json()) as ClusterView;
  return nodes.filter(({ role, state }) => role === "follower" && state === "live");
};

/** However long it takes: the test's own limit is the only one. */
async function untilIs<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  while ((await look()) !== wanted) await wait(100);
}

const put = (key: string, change: object = {}): Promise<Response> =>
  call("PUT", "/write", { key, value: 1, ...change });

const configNow = async (): Promise<{ writeQuorum: number; maxDelay: number }> =>
  ((await (await call("GET", "/status")).json()) as { config: never }).config;

// First: on a cluster that nobody has written to.
test("a first visit offers a gentle load of two writes a second, and the waterfall moves", async () => {
  const { page, faults } = await show("follower1");
  await page.getByText("This tab can write 2 values a second").waitFor();
  await page.getByRole("button", { name: "Start gentle load" }).click();
  await page.locator(".waterfall .row.settled").nth(2).waitFor();
  expect((await configNow()).maxDelay).toBe(400);
  await page.locator(".feed-list li", { hasText: "“demo/" }).first().waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await untilIs(async () => (await configNow()).maxDelay, 0);
  expect(faults).toEqual([]);
});

test("a gentle load whose tab is closed leaves the delays as they were", async () => {
  const fresh = await startCluster({ followers: 1, env: { FAULTS: "1" } });
  try {
    const maxDelay = async () => {
      const status = await (await fetch(`${fresh.leader.url}/status`)).json();
      return (status as { config: { maxDelay: number } }).config.maxDelay;
    };
    const opened = await world.browser.open(fresh.leader.url);
    await opened.page.getByRole("button", { name: "Start gentle load" }).click();
    await untilIs(maxDelay, 400);
    await opened.page.locator(".waterfall .row").first().waitFor();
    await opened.page.goto("about:blank");
    await untilIs(maxDelay, 0);
    await opened.page.context().close();
  } finally {
    await fresh.close();
  }
});

test("refused and unknown writes are counted, with the reason", async () => {
  const { page } = await show("follower2");
  const figure = (name: string) => page.locator(`[data-figure=${name}]`);
  await figure("leader").getByText("answers").waitFor();
  expect(await figure("refused").textContent()).toContain("Refused0");
  await page.getByText("5 of 5 followers live").waitFor();
  /** A busy machine may find too few followers live for a moment; that is one more refusal. */
  let refused = 0;
  const putUntil = async (status: number, key: string, change: object): Promise<void> => {
    for (let seen = 503; seen !== status; ) {
      seen = (await put(key, change)).status;
      refused += seen === 504 ? 0 : 1;
      expect([503, status]).toContain(seen);
    }
  };
  await putUntil(409, "figures/other", { ifVersion: 77 });
  await figure("refused").getByText("other version").waitFor();
  // Entries are late, and heartbeats are not: the followers stay live.
  await call("PATCH", "/config", { minDelay: 60_000, maxDelay: 60_000 });
  await putUntil(504, "figures/late", { timeoutMs: 100 });
  await figure("unknown").locator(".figure-value", { hasText: /^1$/ }).waitFor();
  for (const { id } of world.cluster.followers.slice(0, 3)) {
    await call("PUT", `/faults/${id}`, { type: "cut" });
  }
  await page.getByText("quorum 3 is out of reach").waitFor();
  for (let number = 0; number < 4; number++) {
    expect((await put("figures/refused")).status).toBe(503);
    refused += 1;
  }
  await figure("refused").getByText("no quorum").waitFor();
  await figure("refused")
    .locator(".figure-value", { hasText: new RegExp(`^${refused}$`) })
    .waitFor();
  await page
    .locator(".feed-list li", { hasText: "nothing was written: the quorum is out of reach" })
    .first()
    .waitFor();
});

test("the faults panel stands beside what it changes, and goes with Escape", async () => {
  const { page } = await show("leader");
  await page.getByText("5 of 5 followers live").waitFor();
  await page.keyboard.press("f");
  const panel = page.getByRole("complementary", { name: "Link faults" });
  await panel.waitFor();
  const side = await panel.boundingBox();
  for (const name of [".topology", ".waterfall", ".key-figures"]) {
    const box = await page.locator(name).boundingBox();
    if (box === null || side === null) throw new Error("not laid out");
    expect(box.x + box.width).toBeLessThanOrEqual(side.x);
  }
  await panel.getByRole("button", { name: "Cut the link to follower4" }).click();
  await page.locator("li.card[data-node=follower4] .state-unreachable").waitFor();
  // The view is not shut off: a write can be made while the panel is open.
  await page.getByRole("button", { name: "Write", exact: true }).click();
  await page.locator(".quick-result.good").waitFor();
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "Keys", exact: true }).first().waitFor();
  await panel.waitFor();
  await panel.focus();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
});

test("a chosen key's value is in sight without scrolling, and the store's keys are counted", async () => {
  const operations = Array.from({ length: 60 }, (_, number) => ({
    put: { key: `sight/${String(number).padStart(3, "0")}`, value: { number } },
  }));
  await call("POST", "/write/batch", { operations });
  const { page } = await show("leader", "/?view=keys&prefix=sight%2F");
  const { keys } = (await (await call("GET", "/status")).json()) as { keys: number };
  await page.locator(".key-list .hint", { hasText: `${keys} keys in this store` }).waitFor();
  const row = page.locator(".key-row").nth(47);
  await row.scrollIntoViewIfNeeded();
  await row.click();
  const value = page.locator("[data-test=value]", { hasText: "47" });
  await value.waitFor();
  const place = await value.boundingBox();
  const header = await page.locator(".top").boundingBox();
  if (place === null || header === null) throw new Error("not laid out");
  expect(place.y).toBeGreaterThanOrEqual(header.y + header.height);
  expect(place.y + place.height).toBeLessThanOrEqual(900);
});

test("a key of a thousand characters takes no more than its place, in list, title and feed", async () => {
  const key = `long/${"k".repeat(950)}/end`;
  const { page } = await show("leader", "/?view=keys&prefix=long%2F");
  await write(key, 1);
  const row = page.locator(".key-row", { hasText: "long/" });
  await row.click();
  await page.locator("[data-test=value]").waitFor();
  const heightOf = async (name: string) => (await page.locator(name).first().boundingBox())?.height;
  expect(await heightOf(".key-row")).toBeLessThan(80);
  expect(await heightOf(".key-panel h2")).toBeLessThan(90);
  await page.keyboard.press("1");
  await page.locator(".feed-list li", { hasText: "/end”" }).first().waitFor();
  expect(await heightOf(".feed-list li")).toBeLessThan(80);
});

test("a page shows a write once its own node has applied it, however late", async () => {
  await write("behind", 1, { quorum: 5 });
  const { page } = await show("follower3", "/?view=keys&key=behind&prefix=behind");
  await page.locator("[data-test=value]", { hasText: "1" }).waitFor();
  await page.locator(".key-row", { hasText: "behind" }).waitFor();
  await call("PUT", "/faults/follower3", { type: "slow", delayMs: 2_000 });
  await write("behind", 2);
  await write("behind/new", 1);
  await page.locator("[data-test=value]", { hasText: "2" }).waitFor();
  await page.locator(".key-row", { hasText: "behind/new" }).waitFor();
});

test("the write that a follower's page forwards is not called somebody's", async () => {
  await write("forwarded", 1, { quorum: 5 });
  const { page } = await show("follower3", "/?view=keys&key=forwarded");
  await page.evaluate(`void (window.blamed = 0, new MutationObserver(() => {
    if (document.body.textContent.includes("Somebody")) window.blamed += 1;
  }).observe(document.body, { childList: true, subtree: true, characterData: true }))`);
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Value, as JSON").fill("2");
  await page.getByRole("button", { name: "Write", exact: true }).click();
  await page.getByRole("button", { name: "Send to the leader" }).click();
  await page.locator("[data-test=result]").waitFor();
  await page.locator("[data-test=value]", { hasText: "2" }).waitFor();
  await page.getByRole("button", { name: "Edit" }).waitFor();
  expect(await page.evaluate("window.blamed")).toBe(0);
});

test("before the first run the sweep view draws theory; other tabs name a sweep that runs", async () => {
  const { page } = await show("follower1", "/?view=sweep");
  const other = (await show("leader")).page;
  await page.locator("[data-test=prospect]").waitFor();
  const theory = await page.locator(".theory-line").getAttribute("d");
  await page.locator("input[name=minDelay]").fill("500");
  await isTrue(
    page,
    `document.querySelector(".theory-line")?.getAttribute("d") !== ${JSON.stringify(theory)}`,
  );
  await page.getByRole("button", { name: "Start the sweep" }).click();
  const notice = other.getByRole("region", { name: "Running sweep" });
  await notice.getByText("A quorum sweep is running").waitFor();
  await notice.getByText("500–1\u202f000 ms").waitFor();
  // A tab that comes while it runs is told as well.
  const late = (await show("follower4", "/?view=keys")).page;
  await late.getByText("A quorum sweep is running").waitFor();
  await notice.getByRole("link", { name: "Watch it" }).click();
  await other.getByRole("button", { name: "Cancel" }).click();
  await late.getByText("A quorum sweep is running").waitFor({ state: "detached" });
});
