import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const kilobytesMax = 8;

test("a page that bundles the library gets at most 8 KB, compressed", async () => {
  const built = await build({
    configFile: false,
    root: resolve(import.meta.dirname, ".."),
    logLevel: "silent",
    build: {
      write: false,
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: "src/index.ts", preserveEntrySignatures: "strict" },
    },
  });
  if (!("output" in built)) throw new Error("one bundle was expected");
  expect(built.output).toHaveLength(1);
  const [{ code }] = built.output;
  expect(code).toContain("QuorumKV");
  expect(gzipSync(code).byteLength).toBeLessThanOrEqual(kilobytesMax * 1024);
});
