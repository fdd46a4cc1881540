/** The glossary in docs/architecture.md, and the words that no document uses. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { documentPaths, readDocument, root } from "./documents.ts";

const page = readDocument("docs/architecture.md");
const glossary = page.slice(page.indexOf("## Glossary"));
const rows = [...glossary.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)]
  .map(([, word = "", meaning = "", code = ""]) => ({ word, meaning, code }))
  .filter(({ word }) => word !== "Word");

const source = globSync("{src,gateway}/**/*.ts", { cwd: root })
  .filter((path) => !path.endsWith(".test.ts") && !path.includes("/generated/"))
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");

describe("the glossary", () => {
  test("defines each word once", () => {
    const words = rows.flatMap(({ word }) => word.split(", "));
    expect(words.length).toBeGreaterThan(40);
    expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
  });

  test("names things as the code does", () => {
    const names = rows.flatMap(({ code }) =>
      [...code.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
    );
    expect(names.length).toBeGreaterThan(rows.length - 1);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
  });
});

describe("plain words", () => {
  /** Turns of phrase that this project has given up; CONTRIBUTING.md says how to write. */
  const givenUp =
    /\breigns?\b|\bun-happens?\b|\bheld against\b|\bbe it\b|\blast word\b|\bthe begin of\b|\blasting\b/i;
  test.each(documentPaths())("%s", (path) => {
    expect(
      readDocument(path)
        .split("\n")
        .filter((line) => givenUp.test(line)),
    ).toEqual([]);
  });
});
