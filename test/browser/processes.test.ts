/** `npm start` as a person has it: the faults drawer stops, kills, freezes and restarts real processes. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freeBasePort, Launched, launcher } from "../start/launched.ts";
import { startBrowser, type TestBrowser } from "./browser.ts";
import { isLive, noteSayings } from "./world.ts";

let basePort: number;
let launched: Launched;
let browser: TestBrowser;

beforeAll(async () => {
  basePort = await freeBasePort();
  launched = new Launched(["env", "FAILOVER=1", ...launcher], ["-m", "-p", String(basePort)]);
  browser = await startBrowser();
  await launched.prints("Ctrl-C");
});
afterAll(async () => {
  await browser?.close();
  launched?.interrupt();
  await launched?.ended();
});

const row = (page: Page, id: string) => page.locator(`li[data-process=${id}]`);
const told = (page: Page, text: string | RegExp) =>
  page.locator(".feed-list li", { hasText: text }).first();

test("the leader and others are killed, frozen, stopped and restarted from the page", async () => {
  // The page of the second follower.
  const { page, faults } = await browser.open(`http://127.0.0.1:${basePort + 2}/?panel=faults`);
  await isLive(page);
  const press = (action: string, id: string) =>
    page.getByRole("button", { name: `${action} ${id}`, exact: true }).click();
  await row(page, "leader").getByText("ready, leads").waitFor();
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);

  await press("Freeze", "leader");
  await told(page, "leader is frozen (SIGSTOP)").waitFor();
  await row(page, "leader").getByText("frozen").waitFor();
  await told(page, / leads since .*, epoch /).waitFor();
  await isLive(page);
  await press("Thaw", "leader");
  await told(page, "leader goes on (SIGCONT).").waitFor();
  await page.getByText("5 of 5 followers live").waitFor();

  await press("Stop", "follower1");
  await told(page, "follower1 is told to stop").waitFor();
  await row(page, "follower1").getByText("stopped").waitFor();
  expect(await page.getByRole("button", { name: "Kill -9 follower1" }).isDisabled()).toBe(true);
  await press("Restart", "follower1");
  await launched.prints("follower1  ready", 2);
  await page.getByText("5 of 5 followers live").waitFor();

  await press("Kill -9", "follower3");
  await launched.prints("follower3  kill, asked for on the page");
  await launched.prints("follower3  died (signal SIGKILL)");
  await told(page, "follower3 is killed (kill -9) and starts again by itself.").waitFor();
  await page.getByText("5 of 5 followers live").waitFor();
  expect(faults).toEqual([]);

  // The page's own node: the answer arrives before the process ends, and the page comes back with it.
  const banner = await noteSayings(page, ".banner");
  await press("Kill -9", "follower2");
  await told(page, "follower2 is killed").waitFor();
  await banner.told("follower2 does not answer");
  await isLive(page);
});
