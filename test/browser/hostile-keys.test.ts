/** Keys and values that are markup, code or marks of direction are text in every view, and nothing else. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isTrue, testWorld } from "./world.ts";

const world = testWorld({ followers: 2, env: { FAULTS: "1", WRITE_QUORUM: "1" } });
const { show, call, write } = world;

/** Each would set `owned` if anything took it for more than text. */
const keys = [
  "x/<img src=x onerror=window.owned=1>",
  "x/</script><script>window.owned=1</script>",
  'x/"><svg onload=window.owned=1>',
  "x/' autofocus onfocus='window.owned=1",
  'x/<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
  "x/{{constructor.constructor('window.owned=1')()}}",
  "x/\u202egnp.exe\u2066<b onclick=window.owned=1>",
  "x/\u0000\u001b[2J\u0007",
  "javascript:window.owned=1",
  "data:text/html,<script>window.owned=1</script>",
  "../../?view=help&key=<img src=x onerror=window.owned=1>",
];

/** Nothing was run, and no key became an element, an attribute that runs, or a link that does. */
async function expectText(page: Page, faults: readonly string[]): Promise<void> {
  const found = await page.evaluate(`(() => {
    const runs = (node) => [...node.attributes].some(({ name }) => name.startsWith("on"));
    const leads = (node) => /^(javascript|data):/i.test(node.getAttribute("href") ?? "");
    const all = [...document.querySelectorAll("*")];
    return {
      owned: window.owned ?? null,
      markup: all.filter((node) => node.matches("img[src=x], iframe, b") || runs(node)).length,
      links: all.filter(leads).length,
      scripts: document.querySelectorAll("script:not([src])").length,
    };
  })()`);
  expect(found).toEqual({ owned: null, markup: 0, links: 0, scripts: 0 });
  expect(faults).toEqual([]);
}

test("in the feed and the waterfall of a page that is open while they are written", async () => {
  const pages = await Promise.all([show("leader"), show("follower1")]);
  for (const key of keys) await write(key, { [key]: [key] });
  for (const { page, faults } of pages) {
    await page.locator(".feed-list li", { hasText: "view=help" }).first().waitFor();
    await expectText(page, faults);
  }
});

test("in the list of keys", async () => {
  const { page, faults } = await show("follower1", "/?view=keys");
  for (const key of keys)
    await page
      .locator(".key-row", { hasText: key.slice(2, 12) })
      .first()
      .waitFor();
  await expectText(page, faults);
});

test.each(keys)("as the key that is shown: %j", async (key) => {
  const { page, faults } = await show("leader", `/?view=keys&key=${encodeURIComponent(key)}`);
  await page.locator("[data-test=value]").waitFor();
  await expectText(page, faults);
  await page.getByRole("button").last().focus();
  await expectText(page, faults);
});

test("in the comparison of stores", async () => {
  const { page, faults } = await show("leader", "/?view=compare&follower=follower2");
  await call("PUT", "/faults/follower2", { type: "cut" });
  await page.getByText("follower2 unreachable").waitFor();
  for (const key of keys) await write(key, key);
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator("[data-test=headline]", { hasText: `${keys.length} keys of` }).waitFor();
  await expectText(page, faults);
  await call("DELETE", "/faults");
});

test("in the reasons of refusals", async () => {
  const { page, faults } = await show("leader");
  for (const key of keys)
    expect((await call("PUT", "/write", { key, value: 1, ifVersion: 0 })).status).toBe(409);
  await page.locator(".feed-list li", { hasText: "view=help" }).first().waitFor();
  await expectText(page, faults);
});

test("as an address that somebody made up", async () => {
  const names = ["view", "key", "prefix", "follower", "panel", "sweep"];
  for (const [index, name] of names.entries()) {
    const text = encodeURIComponent(keys[index % 3] ?? "");
    const { page, faults } = await show("leader", `/?${name}=${text}#${text}`);
    await isTrue(page, "document.body.textContent.length > 100");
    await expectText(page, faults);
    await page.context().close();
  }
});
