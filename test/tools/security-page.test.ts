/** docs/security.md shows what it says: each row of its tables names tests, and these tests exist. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readDocument, root } from "./documents.ts";

const path = "docs/security.md";

/** The last cells of all tables whose last column is "Shown by". */
const cellsOf = (markdown: string): readonly string[] =>
  markdown
    .split(/\n(?!\|)/)
    .filter((part) => /^\|.*\| Shown by \|$/m.test(part))
    // Behind the line before the table, its head and the rule below it.
    .flatMap((part) => part.split("\n").slice(3))
    .map(
      (row) =>
        row
          .split(/(?<!\\)\|/)
          .at(-2)
          ?.trim() ?? "",
    );

const definitionsOf = (markdown: string): ReadonlyMap<string, string> =>
  new Map(
    [...markdown.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name = "", to = ""]) => [name, to]),
  );

/** What is wrong with such a cell; a title counts when a name in a linked file begins with it. */
function faultsOf(cell: string, definitions: ReadonlyMap<string, string>): readonly string[] {
  const names = [...cell.matchAll(/\[([^\]]+)\]/g)].map(([, name = ""]) => name);
  if (names.length === 0) return [`names no test: ${cell}`];
  const targets = names.map((name) => definitions.get(name));
  if (targets.includes(undefined)) return [`leads nowhere: ${cell}`];
  const sources = targets.map((to = "") => readFileSync(join(root, dirname(path), to), "utf8"));
  const isTitle = (title: string): boolean =>
    sources.some((source) => ['"', "`"].some((quote) => source.includes(quote + title)));
  return [...cell.matchAll(/"([^"]+)"/g)]
    .map(([, title = ""]) => title)
    .filter((title) => !isTitle(title))
    .map((title) => `no such test: ${title}`);
}

const faultsIn = (markdown: string): readonly string[] =>
  cellsOf(markdown).flatMap((cell) => faultsOf(cell, definitionsOf(markdown)));

test("every row names tests that exist", () => {
  const markdown = readDocument(path);
  expect(cellsOf(markdown).length).toBeGreaterThan(40);
  expect(faultsIn(markdown)).toEqual([]);
});

test("a row without a test, or with one that does not exist, is found", () => {
  const markdown = [
    "Text",
    "| Rule | Shown by |",
    "|---|---|",
    '| a | [x.test.ts]: "the documents are", "the README can be read" |',
    '| b | [x.test.ts]: "a row that is gone" |',
    "| c | nothing |",
    "| d | [y.test.ts] |",
    "",
    "| Other | Table |",
    "|---|---|",
    "| e | f |",
    "",
    "[x.test.ts]: ../test/tools/links.test.ts",
  ].join("\n");
  expect(faultsIn(markdown)).toEqual([
    "no such test: a row that is gone",
    "names no test: nothing",
    "leads nowhere: [y.test.ts]",
  ]);
});
