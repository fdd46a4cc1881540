/** Every part of the benchmark runs for real, as small as it goes. What it measures is not judged. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { Table } from "./measure/report.ts";
import { toMarkdown } from "./measure/report.ts";
import { parts } from "./parts/parts.ts";

const program = join(import.meta.dirname, "main.ts");
const document = join(import.meta.dirname, "../../docs/benchmarks.md");
const small = {
  ...{ connections: "1,4", seconds: "0.5", rounds: "1", "warm-up": "0", followers: "2" },
  ...{ keys: "1000", watchers: "5", streams: "2", "in-flight": "16", writes: "100" },
  ...{ "idle-connections": "20", losses: "1", ways: "kill", "base-port": "26567" },
};

test.for(parts.map(({ topics }) => topics.map(({ name }) => name).join(",")))(
  "the benchmark measures %s, and puts the tables into the document",
  async (only) => {
    const folder = mkdtempSync(join(tmpdir(), "kv-benchmark-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [json, copy] = [join(folder, "figures.json"), join(folder, "benchmarks.md")];
    copyFileSync(document, copy);
    const options = Object.entries({ ...small, only, json, write: copy });
    const args = options.flatMap(([name, value]) => [`--${name}`, value]);
    await promisify(execFile)(process.execPath, [program, ...args]);
    const figures = JSON.parse(readFileSync(json, "utf8")) as Record<string, { table: Table }>;
    const written = readFileSync(copy, "utf8");
    for (const name of only.split(",")) {
      const table = figures[name]?.table;
      expect(table?.rows.length, name).toBeGreaterThan(0);
      expect(table?.rows.flat(), name).not.toContain("NaN");
      expect(written).toContain(table && toMarkdown(table));
    }
  },
);
