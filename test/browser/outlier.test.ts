/**
 * How the charts show one write among many faster ones. The cluster is the test's own: slow writes of
 * other tests would count among the usual ones. The simulated delay is longer than what a busy machine
 * adds to a write, so the usual ones take about as long as each other.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { testWorld } from "./world.ts";

const world = testWorld({
  env: { WRITE_QUORUM: "5", MIN_DELAY: "200", MAX_DELAY: "200" },
});
const { show, call, write } = world;

/** The milliseconds from the proposal until all followers have acked. */
const put = async (key: string): Promise<number> => {
  const answer = await write(key, 1, { timeoutMs: 600_000 });
  return ((await answer.json()) as { latencyMs: number }).latencyMs;
};

/** Where the axis of the waterfall ends; NaN while it is no number of milliseconds. */
async function axisMs(page: Page): Promise<number> {
  const axis = await page.locator(".waterfall-rows svg").getAttribute("aria-label");
  const [, topMs] = / 0 to ([\d.\u202f]+) ms$/.exec(axis ?? "") ?? [];
  return Number(topMs?.replaceAll("\u202f", ""));
}

/** Fewer than get events of their own in one second, so the page knows each write. */
const usualWrites = 60;

test("one write that took long leaves the others readable, and is told", async () => {
  const { page } = await show("leader");
  await page.getByText("5 of 5 followers live").waitFor();
  const usualMs = await Promise.all(
    Array.from({ length: usualWrites }, (_, number) => put(`usual/${number}`)),
  );
  // A write is above the axis at more than four times the upper quartile.
  const delayMs = Math.min(60_000, Math.ceil(8 * Math.max(...usualMs)));
  const followerDelays = { follower1: { minDelayMs: delayMs, maxDelayMs: delayMs } };
  await call("PATCH", "/config", { followerDelays });
  expect(await put("slow")).toBeGreaterThan(delayMs);
  await call("PATCH", "/config", { followerDelays: {} });
  await page.locator("[data-test=above]", { hasText: "above, up to" }).waitFor();
  // The axis is as long as the delays in force, and a page learns of them a moment later.
  while (!((await axisMs(page)) < delayMs)) await wait(100);
});
