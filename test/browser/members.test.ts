/** Nodes that die and return, as people see it on the page. */
import { expect, test } from "vitest";
import { openStream } from "../support/event-source.ts";
import { testWorld } from "./world.ts";

const world = testWorld({ disk: true, env: { FAULTS: "1", MIN_DELAY: "20", MAX_DELAY: "120" } });
const { show, write } = world;

test("a write is drawn, captioned at its last awaited ack, and told in the feed", async () => {
  const { page, faults } = await show("leader");
  await page.getByRole("button", { name: "Write", exact: true }).click();
  await page.locator("[data-test=answer-caption]", { hasText: "ack 3 of 3" }).waitFor();
  await page.locator(".feed-list li", { hasText: "Wrote “greeting”" }).waitFor();
  await page.locator(".waterfall .row.settled").first().waitFor();
  await page.getByRole("button", { name: "Write waterfall as a table" }).click();
  const row = page.locator(".waterfall tbody tr").first();
  await row.getByText("settled").waitFor();
  expect(await row.textContent()).toMatch(/follower\d .*ms/);
  expect(faults).toEqual([]);
});

test("a killed follower shows within 2 s, its return says that it restarted", async () => {
  const { page } = await show("leader");
  const card = page.locator("li.card[data-node=follower4]");
  await card.locator(".state-live").waitFor();
  const events = await openStream(world.cluster.leader.url, "/events");
  await world.cluster.node("follower4").kill();
  const killedAt = Date.now();
  // The cluster is told of every half a second, on a machine that has the time for it.
  let tellings = 0;
  for (let isTold = false; !isTold; ) {
    const { event, data } = await events.next();
    if (event !== "cluster" || JSON.parse(data).at < killedAt) continue;
    tellings += 1;
    isTold = data.includes('"unreachable"');
  }
  await events.close();
  expect(tellings).toBeLessThanOrEqual(4);
  await card.locator(".state-unreachable").waitFor();
  await page.getByText("4 of 5 followers live, follower4 unreachable").waitFor();
  await write("while/away", 1);
  world.cluster.node("follower4").start();
  await card.locator(".state-live").waitFor();
  await card.getByText("restarted").waitFor();
  await page.getByText("5 of 5 followers live, all in sync").waitFor();
});

test("a follower's page says when the leader is gone, still reads, and comes back", async () => {
  await write("kept", "still here");
  const { page } = await show("follower1", "/?view=keys&key=kept");
  await page.locator("[data-test=value]", { hasText: "still here" }).waitFor();
  await world.cluster.leader.kill();
  await page.locator(".banner", { hasText: "leader does not answer" }).waitFor();
  await page.getByRole("button", { name: "No leader" }).waitFor();
  await page.getByText("no writes; reads here show version").waitFor();
  await page.reload();
  await page.locator("[data-test=value]", { hasText: "still here" }).waitFor();
  world.cluster.leader.start();
  await page.getByRole("button", { name: "Live" }).waitFor();
  await page.getByText("5 of 5 followers live").waitFor();
  expect(await page.locator(".banner").count()).toBe(0);
});

test("a page that was cut off for a moment shows every write made meanwhile", async () => {
  const { page } = await show("follower2");
  await page.getByText("5 of 5 followers live").waitFor();
  await world.cluster.node("follower2").stop();
  await page.getByRole("button", { name: "Reconnecting" }).waitFor();
  for (let number = 0; number < 20; number++) await write(`gap/${number}`, number);
  world.cluster.node("follower2").start();
  await page.getByRole("button", { name: "Live" }).waitFor();
  await write("gap/last", "end");
  await page.locator(".feed-list li", { hasText: "gap/last" }).waitFor();
  const told = await page.locator(".feed-list").textContent();
  for (let number = 0; number < 20; number++) expect(told).toContain(`“gap/${number}”`);
  const lines = await page.locator(".feed-list li", { hasText: "gap/last" }).count();
  expect(lines).toBe(1);
});

test("pausing holds the page still; going on shows what happened meanwhile", async () => {
  const { page } = await show("leader");
  await page.getByRole("button", { name: "Live" }).click();
  await page.getByRole("button", { name: "Paused" }).waitFor();
  await write("held", 1);
  await page.getByText(/Paused \(\d/).waitFor();
  expect(await page.locator(".feed-list li", { hasText: "“held”" }).count()).toBe(0);
  await page.getByRole("button", { name: "Paused" }).click();
  await page.locator(".feed-list li", { hasText: "“held”" }).waitFor();
});

test("the faults panel cuts a link, warns of what to expect, and heals it", async () => {
  const { page } = await show("follower1", "/?panel=faults");
  await page.getByRole("button", { name: "Cut the link to follower5" }).click();
  await page.getByText("Quorum 3 with 4 live: writes go on, 1 to spare.").waitFor();
  await page.locator("li.card[data-node=follower5] .state-unreachable").waitFor();
  await page.getByRole("button", { name: "Quorum out of reach" }).click();
  await page.getByText("Quorum 3 with 2 live: writes will be refused.").waitFor();
  await page.getByRole("button", { name: "Healthy" }).click();
  await page.getByText("5 live: all is healthy").waitFor();
});

test("what a cut-off follower lacks is found, and named by its class", async () => {
  await write("compare/old", "first");
  const { page } = await show("follower3", "/?view=compare&follower=follower5");
  await page.getByText("all in sync").waitFor();
  await world.call("PUT", "/faults/follower5", { type: "cut" });
  await page.getByText("follower5 unreachable").waitFor();
  await write("compare/old", "second");
  await write("compare/new", "only here");
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator("[data-test=headline]", { hasText: "2 keys of" }).waitFor();
  await page.locator("tr", { hasText: "compare/old" }).getByText("stale").waitFor();
  await page.locator("tr", { hasText: "compare/new" }).getByText("missing").waitFor();
  await world.call("DELETE", "/faults/follower5");
  await page.getByText("all in sync").waitFor();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator("[data-test=headline]", { hasText: "both digests" }).waitFor();
});

test("equal stores are proved by their digests, and by every key when asked", async () => {
  await write("compared", { a: 1 });
  const { page } = await show("leader", "/?view=compare&follower=follower2");
  await page.getByText("all in sync").waitFor();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator("[data-test=headline]", { hasText: "both digests at version" }).waitFor();
  await page.getByRole("button", { name: "Compare every key" }).click();
  await page.locator("[data-test=headline]", { hasText: "keys compared" }).waitFor();
});
