/**
 * A real Chromium for tests of the page. It notes whatever a clean page never does: errors, requests
 * to anywhere but its own node, breaches of the content security policy.
 */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { buildPage } from "../../webui/build.ts";

const installed = "/usr/bin/chromium";
/** Nothing may leave the machine: a browser asks for updates and more unless told not to. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium of the system; where it has none, the one from the npm package. */
async function launch(extra: readonly string[]): Promise<Browser> {
  const args = [...quiet, ...extra];
  if (existsSync(installed) && process.env["PACKED_CHROMIUM"] !== "1")
    return await chromium.launch({ executablePath: installed, args });
  // The package unpacks its system libraries only where it believes to be at home.
  process.env["AWS_EXECUTION_ENV"] = "AWS_Lambda_nodejs22.x";
  const { default: packed } = await import("@sparticuz/chromium");
  const executablePath = await packed.executablePath();
  // Its own flags put everything into one process, which ends with the first page that is closed.
  return await chromium.launch({ executablePath, args });
}

export interface OpenPage {
  readonly page: Page;
  /** Sentences; empty for a clean page. Failed loads of a node that is down are not among them. */
  readonly faults: readonly string[];
}

export interface TestBrowser {
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

/** Builds the page if its sources changed, and starts a browser. `extra`: further flags of Chromium. */
export async function startBrowser(extra: readonly string[] = []): Promise<TestBrowser> {
  await buildPage();
  const browser = await launch(extra);
  return {
    open: async (url, options = {}) => {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        // A machine without a locale gives the packed browser one that no formatter knows.
        locale: "en-US",
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      const faults = watch(page, new URL(url).origin);
      await page.goto(url);
      return { page, faults };
    },
    close: () => browser.close(),
  };
}

function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`threw: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() !== "error" || text.startsWith("Failed to load resource")) return;
    faults.push(`said: ${text}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`asked for ${request.url()}`);
  });
  return faults;
}
