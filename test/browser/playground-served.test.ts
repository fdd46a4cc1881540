/** The playground as nodes serve it, and as a file: alone with its own code. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { startPathProxy } from "../support/path-proxy.ts";
import { isTrue, testWorld } from "./world.ts";

const world = testWorld({});
const file = pathToFileURL(join(import.meta.dirname, "../../webui/dist/playground.html")).href;

/** It shows something only after it has played a story. */
const isPlayed = (page: Page) =>
  isTrue(page, "(document.getElementById('page')?.childElementCount ?? 0) > 0");

test("is served under a policy of hashes that its own code keeps", async () => {
  const url = `${world.cluster.leader.url}/playground`;
  const policy = (await fetch(url)).headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/^default-src 'none';script-src 'sha256-[^' ]+';style-src 'sha256-/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  const { page, faults } = await world.browser.open(url);
  await isPlayed(page);
  expect(faults).toEqual([]);
  await page.context().close();
});

test("is whole on another member, and below a path of a proxy", async () => {
  const proxy = await startPathProxy("/some/path/", world.cluster.leader.settings.port);
  onTestFinished(() => proxy.close());
  for (const url of [
    `${world.cluster.leader.url}/nodes/follower1/playground`,
    `${proxy.url}playground`,
  ]) {
    const { page, faults } = await world.browser.open(url);
    await isPlayed(page);
    expect(faults).toEqual([]);
    await page.context().close();
  }
  expect(proxy.strays).toEqual([]);
});

test("opens from a file, and asks for nothing else", async () => {
  const { page, faults } = await world.browser.open("about:blank");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(file);
  await isPlayed(page);
  expect(asked.filter((url) => !url.startsWith("data:"))).toEqual([file]);
  expect(faults).toEqual([]);
  await page.context().close();
});
