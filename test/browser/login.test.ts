/** The page where the node wants a token: logging in, what each role sees, and logging out. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { bearer, TestTokens } from "../support/token-file.ts";
import { type OpenPage, startBrowser, type TestBrowser } from "./browser.ts";
import { isLive } from "./world.ts";

const tokens = new TestTokens();
const reader = tokens.add("reader", { role: "read" });
const scoped = tokens.add("scoped", { role: "write", prefixes: ["mine/"] });
const chief = tokens.add("chief", { role: "admin" });
let cluster: Cluster;
let browser: TestBrowser;
const open: OpenPage[] = [];
beforeAll(async () => {
  const env = { TOKENS_FILE: tokens.path, FAULTS: "1", WRITE_QUORUM: "1" };
  [cluster, browser] = await Promise.all([startCluster({ followers: 2, env }), startBrowser()]);
  for (const key of ["mine/one", "other"]) {
    const answer = await fetch(`${cluster.leader.url}/write`, {
      method: "PUT",
      headers: { "content-type": "application/json", ...bearer(chief) },
      body: JSON.stringify({ key, value: "seen" }),
    });
    expect(answer.status).toBe(200);
  }
});
afterEach(async () => {
  for (const { page } of open.splice(0)) await page.context().close();
});
afterAll(async () => {
  await browser.close();
  await cluster.close();
  tokens.delete();
});

/** Opens the page of a node as a stranger. */
async function visit(node: string, path = "/"): Promise<OpenPage> {
  const opened = await browser.open(cluster.node(node).url + path);
  open.push(opened);
  await opened.page.getByLabel("Token").waitFor();
  return opened;
}

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
}

test("a stranger sees the form alone, a wrong token is refused there, a right one opens the page", async () => {
  const { page, faults } = await visit("leader");
  expect(await page.locator(".top").count()).toBe(0);
  await logIn(page, "kv_wrong");
  await page.getByRole("alert").getByText("UNAUTHENTICATED").waitFor();
  await logIn(page, chief);
  await isLive(page);
  await page.locator(".who", { hasText: "chief" }).waitFor();
  await page.getByRole("button", { name: "Faults" }).waitFor();
  expect(
    await page.evaluate("document.cookie + JSON.stringify({ ...localStorage })"),
  ).not.toContain("kv_");
  expect(faults).toEqual([]);
});

test("one log-in holds for a follower's page, and for what it asks of the leader", async () => {
  const { page } = await visit("follower1");
  await logIn(page, chief);
  await isLive(page);
  await page.getByRole("button", { name: "Write via leader" }).click();
  await page.locator(".quick-result", { hasText: "acks after" }).waitFor();
  await page.reload();
  await isLive(page);
});

test("a reader is offered neither writes nor settings", async () => {
  const { page, faults } = await visit("leader");
  await logIn(page, reader);
  await isLive(page);
  expect(await page.locator(".quick-write").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Faults" }).count()).toBe(0);
  expect(await page.locator(".quorum-control input:enabled").count()).toBe(0);
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByRole("button", { name: /other/ }).click();
  await page.locator("[data-test=value]", { hasText: "seen" }).waitFor();
  expect(await page.getByRole("button", { name: "Edit" }).count()).toBe(0);
  expect(await page.getByRole("button", { name: "New key" }).count()).toBe(0);
  await page.getByRole("link", { name: "Sweep" }).click();
  await page.getByText("Only those who administer").waitFor();
  expect(faults).toEqual([]);
});

test("a token for a prefix sees the keys under it", async () => {
  const { page } = await visit("leader", "/?view=keys");
  await logIn(page, scoped);
  await isLive(page);
  await page.getByRole("button", { name: /mine\/one/ }).waitFor();
  expect(await page.getByText("other").count()).toBe(0);
  expect(await page.getByLabel("Keys that start with").inputValue()).toBe("mine/");
});

test("logging out or in holds for every tab, also one of another node's page", async () => {
  const { page } = await visit("leader");
  await logIn(page, chief);
  await isLive(page);
  const second = await page.context().newPage();
  await second.goto(`${cluster.leader.url}/nodes/${cluster.followers[0]?.id}/`);
  await isLive(second);
  await second.getByRole("button", { name: "Log out" }).click();
  for (const one of [page, second]) await one.getByLabel("Token").waitFor();
  const answer = await page.evaluate(`fetch("/read").then(({ status }) => status)`);
  expect(answer).toBe(401);
  await logIn(second, reader);
  for (const one of [page, second]) await one.locator(".who", { hasText: "reader" }).waitFor();
});

test("a token that is taken back ends the session at once", async () => {
  const passing = tokens.add("passing", { role: "read" });
  const { page } = await visit("leader");
  // The node reads the file again when it changes.
  for (;;) {
    await logIn(page, passing);
    const next = await Promise.race([
      isLive(page).then(() => "in"),
      page
        .getByRole("alert")
        .waitFor()
        .then(() => "refused"),
    ]);
    if (next === "in") break;
    await page.reload();
    await page.getByLabel("Token").waitFor();
  }
  tokens.remove("passing");
  await page.getByLabel("Token").waitFor();
});
