/** Takes the README's picture of the playground: `node test/browser/playground-picture.ts`. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startBrowser } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const story = "51-leader-dies";
/** A write is under way under the new leader. */
const steps = 59;

const browser = await startBrowser();
try {
  const file = pathToFileURL(join(root, "webui/dist/playground.html")).href;
  const { page } = await browser.open(`${file}#story=${story}`, {
    colorScheme: "light",
    viewport: { width: 1440, height: 1310 },
  });
  await page.locator("main[aria-busy=false] .node-card").first().waitFor();
  for (let step = 0; step < steps; step += 1) await page.keyboard.press("ArrowRight");
  await page.screenshot({ path: join(root, "docs/images/playground.png") });
} finally {
  await browser.close();
}
