/**
 * How the charts show one write among many faster ones. The cluster is the test's own: slow writes of
 * other tests would count among the usual ones. The simulated delay is longer than what a busy machine
 * adds to a write, so the usual ones take about as long as each other.
 */
import { expect, test } from "vitest";
import { testWorld } from "./world.ts";

const world = testWorld({
  env: { FAULTS: "1", WRITE_QUORUM: "5", MIN_DELAY: "200", MAX_DELAY: "200" },
});
const { show, call } = world;

/** The milliseconds from the proposal until all followers have acked. */
const put = async (key: string): Promise<number> => {
  const answer = await call("PUT", "/write", { key, value: 1, timeoutMs: 60_000 });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { latencyMs: number }).latencyMs;
};

/** Fewer than get events of their own in one second, so the page knows each write. */
const usualWrites = 60;

test("one write that took long leaves the others readable, and is told", async () => {
  const { page } = await show("leader");
  await page.getByText("5 of 5 followers live").waitFor();
  const usualMs = await Promise.all(
    Array.from({ length: usualWrites }, (_, number) => put(`usual/${number}`)),
  );
  // A write is above the axis at more than four times the upper quartile.
  const delayMs = Math.min(10_000, Math.ceil(8 * Math.max(...usualMs)));
  await call("PUT", "/faults/follower1", { type: "slow", delayMs });
  expect(await put("slow")).toBeGreaterThan(delayMs);
  await call("DELETE", "/faults");
  await page.locator("[data-test=above]", { hasText: "above, up to" }).waitFor();
  const axis = await page.locator(".waterfall-rows svg").getAttribute("aria-label");
  const [, topMs] = / 0 to ([\d.\u202f]+) ms$/.exec(axis ?? "") ?? [];
  expect(Number(topMs?.replaceAll("\u202f", ""))).toBeLessThan(delayMs);
});
