/** Every link of every document leads to a file that exists, and to a heading in it. */
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsOf, blocksOf, documentPaths, linksOf, readDocument, root } from "./documents.ts";

const isElsewhere = (link: string): boolean => /^[a-z]+:/.test(link);

/** Links of this text, as a document at that path, that lead nowhere. */
const broken = (path: string, markdown: string): readonly string[] =>
  linksOf(markdown).filter((link) => {
    if (isElsewhere(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : normalize(join(dirname(path), file));
    if (target.startsWith("..") || !existsSync(join(root, target))) return true;
    if (anchor === undefined) return false;
    const text = target === path ? markdown : readDocument(target);
    return !target.endsWith(".md") || !anchorsOf(text).has(anchor);
  });

const documents = documentPaths();

test("the documents are found", () => {
  expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/architecture.md"]));
});

test("the README can be read at once", () => {
  expect(readDocument("README.md").split("\n").length).toBeLessThanOrEqual(151);
});

test.each(documents)("%s: every link leads somewhere", (path) => {
  expect(broken(path, readDocument(path))).toEqual([]);
});

test("a link that leads nowhere is found", () => {
  const markdown = [
    "# One & two: `three`",
    "## Same",
    "## Same",
    "[ok](#one--two-three) [ok](#same-1) [ok](../README.md#run) [ok](https://example.org/#x)",
    "[bad](#same-2) [bad](gone.md) ![bad](images/gone.png) [bad](../README.md#gone)",
    "[bad](../../outside.md) `[code](gone)`",
    "```text",
    "[code](gone)",
    "```",
  ].join("\n");
  expect(broken("docs/testing.md", `${markdown}\n`)).toEqual([
    "#same-2",
    "gone.md",
    "images/gone.png",
    "../README.md#gone",
    "../../outside.md",
  ]);
});

describe("what the documents name", () => {
  const all = documents.map((path) => ({ path, markdown: readDocument(path) }));

  test("every npm script exists", () => {
    const { scripts } = JSON.parse(readDocument("package.json"));
    const named = all.flatMap(({ markdown }) =>
      [...markdown.matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g)].map(
        ([, run, own]) => run ?? own ?? "",
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  test("every program and folder that an example runs exists", () => {
    const run = /(?:node|vitest run)(?: --\S+)* ([\w./-]+)/g;
    const named = all.flatMap(({ markdown }) =>
      blocksOf(markdown)
        .filter(({ language }) => ["bash", "console"].includes(language))
        .flatMap(({ text }) => [...text.matchAll(run)].map(([, path = ""]) => path))
        .filter((path) => path.includes("/")),
    );
    expect(named).toContain("src/main.ts");
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("every example runs, or says why not", () => {
    const generated = new Set(["docs/sample-report/report.md"]);
    const shells = all
      .filter(({ path }) => !generated.has(path))
      .flatMap(({ path, markdown }) => blocksOf(markdown).map((block) => ({ path, ...block })));
    const unknown = shells.filter(({ language }) => ["sh", "shell", "zsh"].includes(language));
    expect(unknown.map(({ path }) => path)).toEqual([]);
    for (const { notRun } of shells) if (notRun !== undefined) expect(notRun).toMatch(/\w+ \w+/);
  });
});
