import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./test/tools/longest-first.ts";

/** Whole clusters of processes, and browsers: they wait more than they compute. */
const clusterTests = [
  "test/{browser,faults,hostile,start}/**/*.test.ts",
  "test/*.test.ts",
  "**/*.cluster.test.ts",
];
const common = {
  // A sure sign that something hangs. Nothing may fail because the machine has other work.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  // Modules look as they do when Node runs the product: CommonJS keeps its `default`.
  deps: { interopDefault: false },
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...common,
          name: "unit",
          include: ["{src,gateway,simulation,tools,webui,client,test}/**/*.test.ts"],
          // What needs Docker is a command of its own, `npm run test:compose`.
          exclude: [...configDefaults.exclude, "test/compose", ...clusterTests],
          maxWorkers: "100%",
          // Answers of the gateway are judged by its OpenAPI document.
          setupFiles: ["test/support/openapi/every-answer.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: "cluster",
          include: clusterTests,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
