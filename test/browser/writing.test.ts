/** What people do with keys, on the leader's page and on a follower's. */
import type { Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { noteSayings, testWorld } from "./world.ts";

const world = testWorld({ env: { FAULTS: "1" } });
const { show, call, write: set } = world;

afterEach(async () => {
  await call("DELETE", "/faults");
  await call("PATCH", "/config", { writeQuorum: 3, minDelay: 0, maxDelay: 0 });
});

const addressOf = (key: string): string => `/?view=keys&key=${encodeURIComponent(key)}`;

async function edit(page: Page, value: string): Promise<void> {
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Value, as JSON").fill(value);
}

const write = (page: Page): Promise<void> =>
  page.getByRole("button", { name: "Write", exact: true }).click();

const valueOn = async (key: string, node = "leader"): Promise<unknown> => {
  const url = `${world.cluster.node(node).url}/read?key=${encodeURIComponent(key)}`;
  const body = (await (await fetch(url)).json()) as { value?: unknown };
  return body.value;
};

test("a new key written on the leader's page is on every node", async () => {
  const { page, faults } = await show("leader", "/?view=keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Key", { exact: true }).fill("new/one");
  await page.getByLabel("Value, as JSON").fill('{"digits": 9007199254740993, "10": 1e-400}');
  await page.locator(".json-check.good").waitFor();
  expect(await page.locator(".json-check .warning-note").count()).toBe(0);
  await write(page);
  const result = page.locator("[data-test=result]");
  await result.getByText("3 of 3 acks").waitFor();
  await page.getByRole("button", { name: "Open “new/one”" }).click();
  const shown = page.locator("[data-test=value]", { hasText: "9007199254740993" });
  await shown.waitFor();
  expect(await shown.textContent()).toBe('{\n  "digits": 9007199254740993,\n  "10": 1e-400\n}');
  for (const node of world.cluster.nodes) {
    await page.locator(`tr[data-node=${node.id}]`, { hasText: "= same" }).waitFor();
  }
  await page.locator(".key-row", { hasText: "new/one" }).waitFor();
  expect(faults).toEqual([]);
});

test("text that is not JSON is explained and cannot be written", async () => {
  const { page } = await show("leader", "/?view=keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Key", { exact: true }).fill("new/broken");
  await page.getByLabel("Value, as JSON").fill('{"a": ');
  await page.locator(".json-check.bad").waitFor();
  expect(await page.getByRole("button", { name: "Write", exact: true }).isDisabled()).toBe(true);
});

test("a follower's page refuses a write in words and offers to send it to the leader", async () => {
  await set("via", 1, { quorum: 5 });
  const { page, faults } = await show("follower2", addressOf("via"));
  await edit(page, "2");
  await write(page);
  const offer = page.locator("[data-test=not-leader]");
  await offer.getByText("follower2 is a follower and takes no writes").waitFor();
  expect(await valueOn("via")).toBe(1);
  await offer.getByRole("button", { name: "Send to the leader" }).click();
  await page.locator("[data-test=result]").waitFor();
  expect(await valueOn("via")).toBe(2);
  await page.getByText("Read from follower2").waitFor();
  expect(faults).toEqual([]);
});

test("what another client writes shows up without a click, on leader and follower", async () => {
  await set("shared", "before", { quorum: 5 });
  const pages = await Promise.all([
    show("leader", addressOf("shared")),
    show("follower3", addressOf("shared")),
  ]);
  for (const { page } of pages) {
    await page.locator("[data-test=value]", { hasText: "before" }).waitFor();
  }
  await set("shared", "after");
  for (const { page } of pages) {
    await page.locator("[data-test=value]", { hasText: "after" }).waitFor();
  }
});

test("two people change one key: the second sees both values and chooses", async () => {
  await set("contested", { owner: "nobody" }, { quorum: 5 });
  const { page } = await show("leader", addressOf("contested"));
  await edit(page, '{"owner": "me"}');
  await set("contested", { owner: "you" });
  await page.getByText("Somebody wrote version").waitFor();
  await write(page);
  const conflict = page.locator("[data-test=conflict]");
  await conflict.locator(".diff-left", { hasText: '"owner": "you"' }).waitFor();
  await conflict.locator(".diff-right", { hasText: '"owner": "me"' }).waitFor();
  expect(await valueOn("contested")).toEqual({ owner: "you" });
  await conflict.getByRole("button", { name: "Replace theirs with mine" }).click();
  await page.locator("[data-test=result]").waitFor();
  expect(await valueOn("contested")).toEqual({ owner: "me" });
});

test("a deletion asks first, and says when somebody else was faster", async () => {
  await set("doomed", 1, { quorum: 5 });
  const { page } = await show("leader", addressOf("doomed"));
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  expect(await valueOn("doomed")).toBe(1);
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("leader has no key “doomed”").waitFor();
  await page.locator("[data-test=result]", { hasText: "Deleted as version" }).waitFor();
  expect((await call("GET", "/read?key=doomed")).status).toBe(404);
});

test("an unknown outcome is shown as unknown, and followed until it settles", async () => {
  await set("late", 1, { quorum: 5 });
  const { page } = await show("leader", addressOf("late"));
  const slow = world.cluster.followers.slice(0, 3).map(({ id }) => id);
  // Entries are late, and heartbeats are not: the followers stay live.
  const late = { minDelayMs: 60_000, maxDelayMs: 60_000 };
  const followerDelays = Object.fromEntries(slow.map((id) => [id, late]));
  await call("PATCH", "/config", { followerDelays });
  await edit(page, "2");
  // Time enough for the two acks of the others.
  await page.getByLabel("Timeout, ms").fill("5000");
  const unknown = await noteSayings(page, "[data-test=unknown]");
  await write(page);
  await unknown.told("Outcome unknown: 2 of 3 acks");
  // A link that is cut forgets what it holds; what is sent again is not delayed.
  await call("PATCH", "/config", { followerDelays: {} });
  for (const id of slow) await call("PUT", `/faults/${id}`, { type: "cut" });
  await call("DELETE", "/faults");
  await page.locator("[data-test=resolved], [data-test=result]").waitFor();
  expect((await unknown.all()).join()).not.toMatch(/fail/i);
  await page.locator("[data-test=resolved]", { hasText: "has settled after all" }).waitFor();
  expect(await valueOn("late")).toBe(2);
});

test("with the quorum out of reach the page says so before and after the button", async () => {
  await set("refused", 1, { quorum: 5 });
  const { page } = await show("leader", addressOf("refused"));
  for (const { id } of world.cluster.followers.slice(0, 3)) {
    await call("PUT", `/faults/${id}`, { type: "cut" });
  }
  await page.getByText("quorum 3 is out of reach, writes are refused").waitFor();
  await edit(page, "2");
  await page.getByText("2 live: a quorum of 3 is out of reach").waitFor();
  await write(page);
  await page.locator(".problem", { hasText: "QUORUM_UNAVAILABLE" }).waitFor();
  await page.getByText("Nothing was written.").first().waitFor();
  await page.locator("select[name=quorum]").selectOption("2");
  await write(page);
  await page.locator("[data-test=result]", { hasText: "2 of 2 acks" }).waitFor();
  expect(await valueOn("refused")).toBe(2);
});

test("the write quorum and delay set on a follower's page hold for the cluster", async () => {
  const { page } = await show("follower1", "/");
  await page.getByRole("radio", { name: "4", exact: true }).first().check();
  const config = (await (await call("GET", "/status")).json()) as {
    config: { writeQuorum: number };
  };
  await page.getByText("Settings are now: write quorum 4").waitFor();
  expect(config.config.writeQuorum).toBeGreaterThanOrEqual(3);
  const after = (await (await call("GET", "/status")).json()) as typeof config;
  expect(after.config.writeQuorum).toBe(4);
  await page.getByLabel("Simulated delay").selectOption("0–50 ms");
  await page.getByText("Settings are now: write quorum 4, delays 0–50 ms").waitFor();
});

test("search and paging find keys among thousands, and the address keeps the place", async () => {
  for (let part = 0; part < 10; part++) {
    const operations = Array.from({ length: 60 }, (_, number) => ({
      put: { key: `many/${part}/${String(number).padStart(3, "0")}`, value: number },
    }));
    await call("POST", "/write/batch", { operations });
  }
  const { page } = await show("leader", "/?view=keys&prefix=many%2F7");
  await page.locator(".key-row").nth(49).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.locator(".key-row", { hasText: "many/7/059" }).click();
  await page.locator("[data-test=value]", { hasText: "59" }).waitFor();
  expect(new URL(page.url()).searchParams.get("key")).toBe("many/7/059");
  await page.reload();
  await page.locator("[data-test=value]", { hasText: "59" }).waitFor();
});
