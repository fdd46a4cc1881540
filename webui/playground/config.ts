/** How `dist/playground.html` is built: the real protocol in one file. */
import { join } from "node:path";
import type { InlineConfig } from "vite";
import { faults } from "./faults.ts";
import { light } from "./lighter.ts";
import { oneFile } from "./one-file.ts";
import { standIn } from "./stand-ins.ts";
import { stories } from "./stories.ts";

const webui = join(import.meta.dirname, "..");

/** A page of stories is small; the whole one plays seeds as well. */
export type Extent = "small" | "whole";

/** What makes the protocol run in a browser. */
export const engineOf = (extent: Extent) => ({
  plugins: [...(extent === "small" ? [light] : []), standIn, stories, faults()],
  transform: { inject: { Buffer: ["virtual:buffer", "Buffer"] as [string, string] } },
});

export const playgroundOf = (extent: Extent, outDir: string): InlineConfig => ({
  root: webui,
  configFile: false,
  logLevel: "warn",
  base: "./",
  // Whoever builds it, a test even: it is always the same page.
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [...engineOf(extent).plugins, oneFile],
  build: {
    outDir,
    emptyOutDir: false,
    rolldownOptions: {
      // It would tell how long the planting of faults takes.
      checks: { pluginTimings: false },
      input: join(webui, "playground.html"),
      transform: engineOf(extent).transform,
    },
    cssCodeSplit: false,
    // All of it is in the file.
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
});
