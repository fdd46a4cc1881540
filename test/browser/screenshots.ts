/** Takes the documents' pictures of the page from a real cluster: `node test/browser/screenshots.ts`. */
import { mkdirSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { startCluster } from "../support/cluster.ts";
import { startBrowser } from "./browser.ts";

const folder = fileURLToPath(new URL("../../docs/images/", import.meta.url));
mkdirSync(folder, { recursive: true });
const env = { FAULTS: "1", MIN_DELAY: "0", MAX_DELAY: "1000" };
const cluster = await startCluster({ failover: true, env });
const browser = await startBrowser();

async function call(method: string, path: string, body?: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers };
  await fetch(cluster.leader.url + path, { method, ...sent });
}

const cities = [
  "Lisbon",
  "Oslo",
  "Turin",
  "Ghent",
  "Porto",
  "Bern",
  "Graz",
  "Cork",
  "Split",
  "Riga",
];

/** A write every `everyMs`, none waited for. */
async function write(count: number, everyMs: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const city = cities[number % cities.length] ?? "";
    const value = { city, visits: number, open: number % 3 > 0 };
    void call("PUT", "/write", { key: `city/${city.toLowerCase()}`, value });
    await wait(everyMs);
  }
}

interface Picture {
  readonly name: string;
  readonly node?: string;
  readonly path?: string;
  readonly theme?: "light" | "dark";
  readonly height?: number;
  readonly prepare: (page: Page) => Promise<void>;
}

async function take(picture: Picture): Promise<void> {
  const { node = "leader", path = "/", theme = "light", height = 900 } = picture;
  const { page } = await browser.open(cluster.node(node).url + path, {
    colorScheme: theme,
    viewport: { width: 1280, height },
  });
  await page.locator(".live-button.live").waitFor();
  await picture.prepare(page);
  await page.screenshot({ path: `${folder}page-${picture.name}.png` });
  await page.context().close();
}

try {
  await write(150, 250);
  await take({
    name: "cluster",
    height: 1000,
    prepare: async (page) => {
      await page.getByRole("radio", { name: "1", exact: true }).last().check();
      await write(8, 230);
      await wait(150);
    },
  });
  await take({
    name: "cluster-dark",
    node: "follower2",
    theme: "dark",
    height: 1000,
    prepare: async () => {
      await call("PUT", "/faults/follower4", { type: "cut" });
      await wait(2500);
      await write(8, 260);
      await wait(150);
    },
  });
  await call("DELETE", "/faults");
  await take({
    name: "keys",
    path: "/?view=keys&key=city%2Foslo",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByLabel("Value, as JSON").fill('{"city": "Oslo", "visits": 512}');
      await page.getByRole("button", { name: "Write", exact: true }).click();
      await page.locator("[data-test=result]").waitFor();
      await wait(900);
    },
  });
  await take({
    name: "sweep",
    path: "/?view=sweep",
    prepare: async (page) => {
      await page.getByRole("button", { name: "Start the sweep" }).click();
      await page.locator("[data-test=sweep-headline]").waitFor({ timeout: 180_000 });
      await wait(1000);
    },
  });
} finally {
  await browser.close();
  await cluster.close();
}
