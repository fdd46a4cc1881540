/**
 * Measures how evenly the playground draws while 6 nodes have more than 200 messages under way, in a Chromium without
 * a graphics card: `node test/browser/playground-frames.ts [SPEED]`. A speed is one that the page offers, such as 0.01.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startBrowser } from "./browser.ts";

const file = pathToFileURL(join(import.meta.dirname, "../../webui/dist/playground.html")).href;
const slow = [1, 2, 3, 4, 5].map((node) => `> wire follower${node} 160ms`);
const text = [
  ...["> cluster followers=5 quorum=0", ...slow],
  ...["> writes 120 gap=4ms", "> run 300ms"],
].join("\n");
const measure = `new Promise((resolve) => {
  const pauses = [];
  let before = 0;
  let mostUnderWay = 0;
  const begin = performance.now();
  const frame = (now) => {
    if (before > 0) pauses.push(now - before);
    before = now;
    const shown = document.querySelector(".message-list h3 .dim").textContent;
    mostUnderWay = Math.max(mostUnderWay, Number(shown.slice(1, -1)));
    if (now - begin < 5000) return requestAnimationFrame(frame);
    pauses.sort((one, other) => one - other);
    const at = (share) => Number(pauses[Math.floor(pauses.length * share)].toFixed(1));
    const perSecond = pauses.length / 5;
    resolve({ perSecond, medianMs: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), mostUnderWay });
  };
  requestAnimationFrame(frame);
})`;

const browser = await startBrowser();
const { page } = await browser.open(file);
await page.getByRole("textbox", { name: "Story", exact: true }).fill(text);
await page.locator("main[aria-busy=false]").waitFor();
await page.evaluate("document.activeElement.blur()");
await page.getByLabel("Speed").selectOption(process.argv[2] ?? "0.03");
// To where the wires are full.
for (let step = 0; step < 200; step += 1) await page.keyboard.press("ArrowRight");
await page.getByRole("button", { name: "Play" }).click();
process.stdout.write(`${JSON.stringify(await page.evaluate(measure))}\n`);
await browser.close();
