/** What the page is made like: small, self-contained, readable by all, usable by keyboard. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { AxeBuilder } from "@axe-core/playwright";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { startPathProxy } from "../support/path-proxy.ts";
import { isLive, isTrue, testWorld } from "./world.ts";

const world = testWorld({ env: { FAULTS: "1", MAX_DELAY: "100" } });
const scriptBytesMax = 80 * 1024;
const docsBytesMax = 8 * 1024;

beforeAll(async () => {
  const operations = [{ put: { key: "sample", value: { text: "a value", list: [1, 2, 3] } } }];
  await world.call("POST", "/write/batch", { operations });
  for (let number = 0; number < 8; number++) {
    await world.write(`sample/${number}`, number);
  }
});

const places: Readonly<Record<string, string>> = {
  cluster: "/",
  keys: "/?view=keys&key=sample",
  compare: "/?view=compare",
  sweep: "/?view=sweep",
  faults: "/?panel=faults",
  help: "/?panel=help",
};

test("all scripts together stay within 80 KB, compressed, and those of /docs alone within 8 KB", () => {
  const folder = new URL("../../webui/dist/assets/", import.meta.url);
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const sizeOf = (names: readonly string[]) =>
    names
      .map((name) => gzipSync(readFileSync(new URL(name, folder))).length)
      .reduce((sum, size) => sum + size, 0);
  const ofDocs = scripts.filter((name) => name.startsWith("docs-"));
  expect(ofDocs).toHaveLength(1);
  expect(sizeOf(ofDocs)).toBeLessThanOrEqual(docsBytesMax);
  const others = scripts.filter((name) => !ofDocs.includes(name));
  expect(others.length).toBeGreaterThan(0);
  expect(sizeOf(others)).toBeLessThanOrEqual(scriptBytesMax);
});

test("the page is served under a policy without exceptions, and holds no inline code", async () => {
  const response = await fetch(world.cluster.leader.url);
  const policy = response.headers.get("content-security-policy") ?? "";
  const html = await response.text();
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
});

test("all of it works below a path, where a proxy serves it, or another node", async () => {
  const proxy = await startPathProxy("/some/path/", world.cluster.leader.settings.port);
  onTestFinished(() => proxy.close());
  const { page, faults } = await world.browser.open(`${proxy.url}?view=keys&key=sample`);
  await isLive(page);
  await page.locator("[data-test=value]", { hasText: "a value" }).waitFor();
  await page.getByRole("link", { name: "Cluster", exact: true }).click();
  await page.locator(".quick-write input[name=key]").fill("below");
  await page.locator(".quick-write button[type=submit]").click();
  await page.locator(".quick-result.good").waitFor();
  expect(page.url()).toBe(proxy.url);
  for (const name of ["Metrics", "Status", "Sweep"]) {
    const link = page.getByRole("link", { name, exact: true });
    const target = new URL(`${await link.getAttribute("href")}`, page.url());
    expect([name, (await fetch(target)).status]).toEqual([name, 200]);
  }
  await page.goto(`${proxy.url}nodes/follower1`);
  await isLive(page);
  await page.getByText("Served by follower1, following leader").waitFor();
  expect([faults, proxy.strays]).toEqual([[], []]);
  await page.context().close();
});

for (const theme of ["light", "dark"] as const) {
  for (const [name, address] of Object.entries(places)) {
    test(`${name} in ${theme}: axe finds nothing, the policy is kept, nobody else is asked`, async () => {
      const { page, faults } = await world.browser.open(world.cluster.leader.url + address, {
        colorScheme: theme,
        reducedMotion: "reduce",
      });
      await isLive(page);
      await page.getByText("followers live").waitFor();
      const found = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        .analyze();
      const told = found.violations.map(({ id, help, nodes }) => ({
        id,
        help,
        where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
      }));
      expect(told).toEqual([]);
      expect(faults).toEqual([]);
      await page.context().close();
    });
  }
}

test("at 320 px nothing is wider than the page", async () => {
  for (const address of Object.values(places)) {
    const { page } = await world.browser.open(world.cluster.leader.url + address, {
      viewport: { width: 320, height: 700 },
    });
    await isLive(page);
    await page.getByText("followers live").waitFor();
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width, address).toBeLessThanOrEqual(320);
    await page.context().close();
  }
});

test("keys alone lead from opening the page to a changed value and back", async () => {
  const { page, faults } = await world.browser.open(
    `${world.cluster.leader.url}/?view=keys&key=sample`,
  );
  await isLive(page);
  await page.locator("[data-test=value]").waitFor();
  await page.keyboard.press("e");
  await page.locator("textarea").waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type('"typed"');
  await page.keyboard.press("Tab");
  for (let stop = 0; stop < 4; stop++) await page.keyboard.press("Tab");
  await isTrue(page, `document.activeElement.textContent === "Write"`);
  await page.keyboard.press("Enter");
  await page.locator("[data-test=result]").waitFor();
  await page.locator("[data-test=value]", { hasText: "typed" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("1");
  await page.getByRole("heading", { name: "Topology" }).waitFor();
  await isTrue(page, `document.activeElement.id === "main"`);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("the editor has the focus from the moment it is there", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/?view=keys&key=sample`);
  await isLive(page);
  await page.locator("[data-test=value]").waitFor();
  await page.evaluate(`void (window.editorHadFocus = new Promise((resolve) => {
    new MutationObserver(() => {
      const area = document.querySelector("textarea");
      if (area !== null) resolve(document.activeElement === area);
    }).observe(document.body, { childList: true, subtree: true });
  }))`);
  await page.keyboard.press("e");
  expect(await page.evaluate("window.editorHadFocus")).toBe(true);
  await page.context().close();
});

test("the skip link comes first and leads past the header", async () => {
  const { page } = await world.browser.open(world.cluster.leader.url);
  await isLive(page);
  await page.keyboard.press("Tab");
  await isTrue(page, `document.activeElement.textContent === "Skip to the content"`);
  await page.keyboard.press("Enter");
  await isTrue(page, `document.activeElement.id === "main"`);
  await page.context().close();
});

test("the theme can be set against the system's, and stays set", async () => {
  const { page } = await world.browser.open(world.cluster.leader.url, { colorScheme: "dark" });
  await isLive(page);
  const ground = "getComputedStyle(document.documentElement).backgroundColor";
  const dark = await page.evaluate(ground);
  await page.getByRole("button", { name: "Theme: system" }).click();
  await isTrue(page, `${ground} !== ${JSON.stringify(dark)}`);
  const light = await page.evaluate(ground);
  await page.reload();
  await page.getByRole("button", { name: "Theme: light" }).waitFor();
  await isTrue(page, `${ground} === ${JSON.stringify(light)}`);
  await page.context().close();
});

test("whoever wants less motion sees no dot travel, and the caption all the same", async () => {
  const { page } = await world.browser.open(world.cluster.leader.url, { reducedMotion: "reduce" });
  await isLive(page);
  await world.write("calm", 1);
  await page.locator("[data-test=answer-caption]").waitFor();
  expect(await page.locator(".dots .dot").count()).toBe(0);
  await page.context().close();
});
