import { defineConfig } from "vitest/config";

/** Minutes, because the first build of the image installs every dependency. */
const patienceMs = 600_000;

export default defineConfig({
  test: {
    name: "compose",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    // Twelve containers at a time would be too many, and both files build the image.
    fileParallelism: false,
    // Each test builds on the cluster as the one before it left it.
    bail: 1,
  },
});
