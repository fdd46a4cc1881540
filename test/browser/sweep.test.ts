/** A quorum sweep from the browser: start, points, table, report, history; and one that is cancelled. */
import { expect, test } from "vitest";
import { testWorld } from "./world.ts";

const world = testWorld({ env: { MIN_DELAY: "1", MAX_DELAY: "2", WRITE_QUORUM: "2" } });

const settings = async (): Promise<unknown> => {
  const status = (await (await fetch(`${world.cluster.leader.url}/status`)).json()) as {
    config: { writeQuorum: number; minDelay: number; maxDelay: number };
  };
  const { writeQuorum, minDelay, maxDelay } = status.config;
  return { writeQuorum, minDelay, maxDelay };
};

const before = { writeQuorum: 2, minDelay: 1, maxDelay: 2 };

test("a sweep started on a follower's page ends with a table, a report, and old settings", async () => {
  const { page, faults } = await world.browser.open(
    `${world.cluster.node("follower1").url}/?view=sweep`,
  );
  await page.getByRole("button", { name: "Live" }).waitFor();
  await page.locator("input[name=clients]").fill("4");
  await page.locator("input[name=writes]").fill("5");
  await page.locator("input[name=maxDelay]").fill("300");
  await page.getByText("100 writes, about").waitFor();
  await page
    .getByText("every write on this cluster is delayed by 0–300 ms instead of 1–2 ms")
    .waitFor();
  await page.getByText("The write quorum of other writes stays 2").waitFor();
  await page.getByRole("button", { name: "Start the sweep" }).click();
  await page.getByText(/of 100 writes.* Now quorum/).waitFor();
  await page.locator("[data-test=sweep-headline]").waitFor();
  const rows = page.locator("table.results tbody tr");
  expect(await rows.count()).toBe(5);
  for (const row of await rows.all()) expect(await row.textContent()).toMatch(/20.*\d+ ms/);
  const points = await page.locator(".sample-points").getAttribute("d");
  expect(points?.match(/M/g)).toHaveLength(100);
  const report = await page.getByRole("link", { name: "Open the report" }).getAttribute("href");
  const answer = await fetch(new URL(report ?? "", page.url()));
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("<svg");
  expect(await settings()).toEqual(before);
  await page.reload();
  await page.locator(".run-row", { hasText: "done" }).waitFor();
  await page.locator("table.results tbody tr").nth(4).waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test("a cancelled sweep stops and gives the settings back", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/?view=sweep`);
  await page.getByRole("button", { name: "Live" }).waitFor();
  await page.locator("input[name=rounds]").fill("5");
  await page.getByRole("button", { name: "Start the sweep" }).click();
  await page.getByText(/[1-9]\d* of 2.500 writes/).waitFor();
  expect(await page.getByRole("button", { name: "A sweep is running" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".run-row", { hasText: "cancelled" }).waitFor();
  expect(await settings()).toEqual(before);
  await page.context().close();
});
