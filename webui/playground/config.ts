/** How `dist/playground.html` is built: the real protocol in one file. */
import { join } from "node:path";
import { defineConfig } from "vite";
import { faults } from "./faults.ts";
import { oneFile } from "./one-file.ts";
import { standIn } from "./stand-ins.ts";
import { stories } from "./stories.ts";

const webui = join(import.meta.dirname, "..");

/** What makes the protocol run in a browser. */
export const engine = {
  plugins: [standIn, stories, faults()],
  transform: { inject: { Buffer: ["virtual:buffer", "Buffer"] as [string, string] } },
};

export default defineConfig({
  root: webui,
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [...engine.plugins, oneFile],
  build: {
    outDir: "dist",
    emptyOutDir: false,
    rolldownOptions: {
      input: join(webui, "playground.html"),
      transform: engine.transform,
    },
    cssCodeSplit: false,
    // All of it is in the file.
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
});
