/** What a page shows when its leader goes, and when it comes back as another leadership. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "vitest";
import { testWorld } from "./world.ts";

const world = testWorld({ disk: true, env: { FAULTS: "1", MAX_DELAY: "50" } });
const { show } = world;

async function configure(change: object): Promise<void> {
  expect((await world.call("PATCH", "/config", change)).status).toBe(200);
}

test("after a restart of the leader every page shows the settings and theory now in force", async () => {
  const pages = [(await show("leader")).page, (await show("follower1")).page];
  await configure({ writeQuorum: 5, maxDelay: 1000 });
  for (const page of pages) {
    await page.getByRole("radio", { name: "5", exact: true, checked: true }).first().waitFor();
    await page.getByText("Theory for quorum 5: mean 833 ms").waitFor();
  }
  await world.cluster.leader.kill();
  world.cluster.leader.start();
  for (const page of pages) {
    await page.locator(".feed-list li", { hasText: "Events arrive again" }).waitFor();
    await page.getByText("5 of 5 followers live").waitFor();
    // Theory of quorum 3 of 5 with delays up to 50 ms: 25 ms.
    await page.getByText("Theory for quorum 3: mean 25 ms").waitFor();
    const shown = page.locator(".quorum-control input:checked");
    expect(await shown.getAttribute("value")).toBe("3");
    expect(await page.getByLabel("Simulated delay").inputValue()).toBe("0–50 ms");
  }
});

test("without its leader a follower's page crosses out the leader alone, and calls the rest unknown", async () => {
  const { page, faults } = await show("follower2");
  await page.getByText("5 of 5 followers live").waitFor();
  await world.cluster.leader.kill();
  await page.locator(".banner", { hasText: "leader does not answer" }).waitFor();
  await page.locator(".leader-node.unreachable .cross").waitFor();
  await page.locator("li.card[data-node=follower2] .state-live").waitFor();
  for (const id of ["follower1", "follower3", "follower4", "follower5"]) {
    const card = page.locator(`li.card[data-node=${id}]`);
    await card.locator(".state-unknown").waitFor();
    expect(await card.textContent()).not.toMatch(/unreachable|never|version|lag/);
  }
  expect(await page.locator(".tabs-note").textContent()).toBe("Events come only from this node");
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa"]).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  expect(await page.locator(".road .cross").count()).toBe(0);
  expect(await page.locator(".road .question").count()).toBe(4);
  const view = (await (await fetch(`${world.cluster.node("follower2").url}/cluster`)).json()) as {
    nodes: { id: string; state: string; applied: number | null }[];
  };
  expect(view.nodes.map(({ state }) => state)).toEqual([
    "unreachable",
    "unknown",
    "live",
    "unknown",
    "unknown",
    "unknown",
  ]);
  expect(view.nodes.find(({ id }) => id === "follower1")?.applied).toBeNull();
  world.cluster.leader.start();
  await page.getByText("5 of 5 followers live").waitFor();
  expect(await page.locator(".leader-node .cross").count()).toBe(0);
  expect(await page.locator(".state-unknown").count()).toBe(0);
  expect(faults).toEqual([]);
});

test("a leader that falls silent without closing its connections counts as gone", async () => {
  const { page } = await show("follower3");
  world.cluster.leader.freeze();
  await page.locator(".banner", { hasText: "leader does not answer" }).waitFor();
  world.cluster.leader.thaw();
  await page.getByRole("button", { name: "Live" }).waitFor();
  await page.getByText("5 of 5 followers live").waitFor();
});
