/** The page of the API at /docs: all of it, for everybody, wherever it is served. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { isTrue, testWorld } from "./world.ts";

const world = testWorld({ env: { FAULTS: "1" } });

const shown = (page: Page) => page.getByRole("heading", { name: "The API of Quorum KV" }).waitFor();
const openAll = "for (const one of document.querySelectorAll('details')) one.open = true";
/** Calls that have everything a call can have, and one for the colours. Axe takes a minute for all of them. */
const opened = {
  light: ["readKeys", "putKey", "watch", "setFault", "memberFolder"],
  dark: ["putKey"],
} as const;

for (const colorScheme of ["light", "dark"] as const) {
  test(`in ${colorScheme}: axe finds nothing, and the policy is kept`, async () => {
    const { page, faults } = await world.browser.open(`${world.cluster.leader.url}/docs`, {
      colorScheme,
    });
    await shown(page);
    for (const id of opened[colorScheme]) await page.locator(`details#${id} > summary`).click();
    const found = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const told = found.violations.map(({ id, nodes }) => ({
      id,
      where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
    expect(told).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  });
}

test("shows every call of the document, and every error", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/docs`);
  await shown(page);
  const answer = await fetch(`${world.cluster.leader.url}/openapi.json`);
  const { paths } = (await answer.json()) as { readonly paths: Readonly<Record<string, object>> };
  const documented = Object.values(paths).flatMap((methods) =>
    Object.keys(methods).filter((method) => method !== "head" && method !== "options"),
  );
  expect(await page.locator("details.call").count()).toBe(documented.length);
  for (const path of Object.keys(paths))
    expect(await page.locator(".path", { hasText: path }).count(), path).toBeGreaterThan(0);
  await page.getByRole("heading", { name: "OUTCOME_UNKNOWN" }).waitFor();
  await page.context().close();
});

test("at 360 px nothing is wider than the page", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/docs`, {
    viewport: { width: 360, height: 700 },
  });
  await shown(page);
  await page.evaluate(openAll);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
  await page.context().close();
});

test("keys alone find a call and open it", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/docs`);
  await shown(page);
  await page.keyboard.press("/");
  await page.keyboard.type("atomic entry");
  await page.getByText("1 call", { exact: true }).waitFor();
  const summary = page.locator("details#writeBatch > summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  await page.getByText("curl -X POST").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await page.locator("details#status").waitFor();
  await page.context().close();
});

test("the address opens a call, and the page links here", async () => {
  const { page } = await world.browser.open(`${world.cluster.leader.url}/docs#readMany`);
  await isTrue(page, "document.getElementById('readMany')?.open === true");
  await page.goto(world.cluster.leader.url);
  await page.getByRole("link", { name: "API", exact: true }).click();
  await shown(page);
  await page.context().close();
});

test("is whole on another member, and below a path of a proxy", async () => {
  const { hostname, port } = new URL(world.cluster.leader.url);
  const proxy = createServer((incoming, outgoing) => {
    const path = (incoming.url ?? "").replace(/^\/below\/this/, "");
    incoming.pipe(
      request({ hostname, port, path, headers: { host: `${hostname}:${port}` } }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      }),
    );
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const proxied = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/below/this`;
  for (const base of [`${world.cluster.leader.url}/nodes/follower1`, proxied]) {
    const { page, faults } = await world.browser.open(`${base}/docs`);
    await shown(page);
    await page.locator("details#status > summary").click();
    await page.getByText(`curl '${base}/status'`).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  }
  proxy.close();
  proxy.closeAllConnections();
});
