/** With FAILOVER=1: the pages follow whichever node leads, and everything on them works with it. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isLive, testWorld } from "./world.ts";

const world = testWorld({ disk: true, env: { FAILOVER: "1", FAULTS: "1" } });
const { show } = world;

const figure = (page: Page, name: string) => page.locator(`[data-figure=${name}] .figure-value`);
const feed = (page: Page, text: string | RegExp) =>
  page.locator(".feed-list li", { hasText: text }).first();

/** Writes with the form above the drawings, and waits for the outcome. */
async function writeWithForm(page: Page, key: string): Promise<void> {
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByRole("button", { name: /^Write( via .+)?$/ }).click();
  await page.locator(".quick-result.good", { hasText: /^Version / }).waitFor();
}

/** The node that a page says leads, once that is another one than `former`. */
async function newLeader(page: Page, former: string): Promise<string> {
  const other = figure(page, "leader").filter({
    hasNotText: new RegExp(`^(${former}|none known)$`),
  });
  await other.waitFor();
  return (await other.textContent()) ?? "";
}

test("every page follows the new leader, keeps what it shows, and says so in one line", async () => {
  const opened = [await show("follower1"), await show("follower4")];
  for (const [place, { page }] of opened.entries()) {
    await figure(page, "leader")
      .filter({ hasText: /^leader$/ })
      .waitFor();
    await writeWithForm(page, `before/${place}`);
    await feed(page, `“before/${place}”`).waitFor();
  }
  await world.cluster.leader.kill();
  for (const [place, { page }] of opened.entries()) {
    const leader = await newLeader(page, "leader");
    await feed(page, new RegExp(`${leader} leads.*, epoch `)).waitFor();
    await isLive(page);
    await writeWithForm(page, `after/${place}`);
    // What was shown before is still there.
    await feed(page, `“before/${place}”`).waitFor();
    await page.locator(".waterfall .row.settled").nth(1).waitFor();
    await page.getByText("4 of 5 followers live").waitFor();
    // A setting changed here is in force at the new leader.
    await page
      .locator(".quorum-control")
      .getByRole("radio", { name: `${place + 1}` })
      .check();
    await feed(page, `write quorum ${place + 1}`).waitFor();
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  }
  const [{ page }] = opened as [(typeof opened)[0]];
  const leader = (await figure(page, "leader").textContent()) ?? "";
  const own = (await show(leader)).page;
  await own.locator(".role-chip", { hasText: /^leader$/ }).waitFor();
  await writeWithForm(own, "own");
  world.cluster.leader.start();
  await page.getByText("5 of 5 followers live").waitFor();
  for (const { faults } of opened) expect(faults).toEqual([]);
});
