/**
 * What docs/operations.md has people copy: every metric it names is there, and each file is accepted
 * by the program it is for, where that program is installed.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { findProgram, need } from "../support/programs.ts";
import { blocksOf, readDocument, root } from "./documents.ts";

const page = readDocument("docs/operations.md");
const blocks = blocksOf(page);

/** The blocks of a language that hold this text. */
const textsOf = (language: string, text: string): readonly string[] =>
  blocks
    .filter((block) => block.language === language && block.text.includes(text))
    .map((block) => block.text);

const only = (language: string, text: string): string => {
  const [found, another] = textsOf(language, text);
  if (found === undefined || another !== undefined)
    throw new Error(`not one ${language} block with ${text}`);
  return found;
};

const queries = only("promql", "rate(")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const rules = only("yaml", "alert:");

const metric = /\b(?:kv|process)_[a-z_]+\b/g;
const family = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, "");
const namedIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(metric)].map(([name]) => family(name)));

describe("metrics", () => {
  const source = ["gateway/metrics.ts", "gateway/intake-metrics.ts"]
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join();
  const offered = new Set(
    [...source.matchAll(/"((?:kv|process)_[a-z_]+)"/g)].map(([, name]) => name),
  );
  const table = page.slice(page.indexOf("| Metric |"), page.indexOf("Questions and their PromQL"));

  test("the table has the metrics of the code", () => {
    expect(offered.size).toBeGreaterThan(10);
    expect([...namedIn(table)].toSorted()).toEqual([...offered].toSorted());
  });

  test("queries and alerts ask for metrics that exist", () => {
    const asked = namedIn([rules, ...queries].join("\n"));
    expect([...asked].filter((name) => !offered.has(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(5);
  });
});

describe("files", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quorum-kv-operations-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function accepted(name: string, text: string, program: string, args: readonly string[]): void {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(program, [...args, file], { encoding: "utf8" });
    expect({ status, said: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, said: "" });
  }
  const find = (context: TestContext, name: string): string => {
    const program = findProgram(name);
    need(context, { [name]: program });
    return program ?? "";
  };

  test("promtool accepts queries and alerts", (context) => {
    const promtool = find(context, "promtool");
    const recorded = queries.map((query, index) => {
      return `      - record: query:${index}\n        expr: ${JSON.stringify(query)}\n`;
    });
    const text = `groups:\n  - name: queries\n    rules:\n${recorded.join("")}`;
    accepted("queries.yaml", text, promtool, ["check", "rules"]);
    accepted("rules.yaml", rules, promtool, ["check", "rules"]);
  });

  test("systemd accepts the unit", (context) => {
    const systemdAnalyze = find(context, "systemd-analyze");
    const unit = only("ini", "[Service]").replace("/usr/bin/node", process.execPath);
    accepted("quorum-kv.service", unit, systemdAnalyze, ["verify"]);
  });

  test("kubectl reads the manifests", (context) => {
    const kubectl = find(context, "kubectl");
    const text = textsOf("yaml", "apiVersion:").join("---\n");
    accepted("kv.yaml", text, kubectl, ["label", "--local", "checked=yes", "--output=name", "-f"]);
  });
});
