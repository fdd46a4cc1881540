/**
 * How the page is built. A node serves all of it under a strict content security policy, so nothing is
 * inlined: no script, no style, no `data:` address.
 */
import { join } from "node:path";
import { defineConfig } from "vite";

const inThisFolder = (name: string): string => join(import.meta.dirname, name);

export default defineConfig({
  // Relative addresses: a proxy may serve a node below a path.
  base: "./",
  // Whoever builds it, a test even: it is always the same page.
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "dist",
    rolldownOptions: { input: ["index.html", "docs.html"].map(inThisFolder) },
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
});
