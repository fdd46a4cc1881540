/**
 * A page that stays open under load: 100 writes a second. `ENDURANCE_SECONDS=60` runs it for the full
 * minute; the suite runs a shorter one.
 */
import { expect, test } from "vitest";
import { testWorld } from "./world.ts";

const seconds = Number(process.env["ENDURANCE_SECONDS"] ?? 12);
const writesPerSecond = 100;

const world = testWorld({ env: { MIN_DELAY: "5", MAX_DELAY: "50" } });

/** Starts a write every 10 ms, whether or not those before were answered. */
async function load(forSeconds: number): Promise<void> {
  const under: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let number = 0; number < forSeconds * writesPerSecond; number++) {
    const due = startedAt + (number * 1000) / writesPerSecond;
    const waitMs = due - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const body = JSON.stringify({ key: `load/${number % 50}`, value: number });
    const headers = { "content-type": "application/json" };
    under.push(fetch(`${world.cluster.leader.url}/write`, { method: "PUT", body, headers }));
  }
  await Promise.all(under);
}

/** Counts frames and the longest gap between two, in the page. */
const countFrames = `(() => {
  const seen = { frames: 0, longestMs: 0 };
  let last = performance.now();
  const next = (at) => {
    seen.frames += 1;
    seen.longestMs = Math.max(seen.longestMs, at - last);
    last = at;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  window.framesSeen = seen;
})()`;

test(`${writesPerSecond} writes a second for ${seconds} s: no growth, no frozen page`, async () => {
  const { page, faults } = await world.browser.open(world.cluster.leader.url);
  await page.getByRole("button", { name: "Live" }).waitFor();
  const devtools = await page.context().newCDPSession(page);
  // CPU time of the page's own thread: it tells the page's part even while others use the machine.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const busySeconds = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const measure = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    const elements = await page.evaluate("document.querySelectorAll('*').length");
    return { bytes: usedSize, elements: Number(elements) };
  };
  // The rings fill up first; growth is what comes after.
  await load(seconds / 2);
  const before = await measure();
  await page.evaluate(countFrames);
  const startedAt = performance.now();
  const busyBefore = await busySeconds();
  await load(seconds);
  const tookMs = performance.now() - startedAt;
  const busyShare = ((await busySeconds()) - busyBefore) / (tookMs / 1000);
  const frames = (await page.evaluate("window.framesSeen")) as {
    frames: number;
    longestMs: number;
  };
  const after = await measure();
  const perSecond = (frames.frames * 1000) / tookMs;
  const told = { before, after, perSecond, longestMs: frames.longestMs, busyShare };
  process.stdout.write(`endurance: ${JSON.stringify(told)}\n`);
  expect(after.bytes - before.bytes).toBeLessThan(4 * 1024 * 1024);
  expect(after.elements - before.elements).toBeLessThan(150);
  // Frames are dropped when the page's thread is busy; how many are shown depends on the machine.
  expect(busyShare).toBeLessThan(0.5);
  expect(frames.frames).toBeGreaterThan(seconds);
  expect(faults).toEqual([]);
  await page.context().close();
});
