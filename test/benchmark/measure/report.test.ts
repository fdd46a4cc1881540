import { expect, test } from "vitest";
import { replaceTable, toMarkdown } from "./report.ts";
import { shown, spreadOf } from "./statistics.ts";

const place = (name: string, content: string): string =>
  `<!-- benchmark ${name}: made by \`npm run benchmark -- --only ${name} --write FILE\` -->${content}<!-- end of benchmark -->`;

test("a table replaces what stands between its own marks alone", () => {
  const document = `before ${place("writes", "old")} between ${place("reads", "kept")} after`;
  const markdown = toMarkdown({ columns: ["a", "b"], rows: [["x", "1"]], notes: ["why"] });
  const expected = `before ${place("writes", `\n\n${markdown}\n\n`)} between ${place("reads", "kept")} after`;
  expect(replaceTable(document, "writes", markdown)).toBe(expected);
  expect(markdown).toBe("| a | b |\n|---|---:|\n| x | 1 |\n\n- why");
});

test("a document without the place for a table is refused", () => {
  expect(() => replaceTable(place("reads", ""), "writes", "")).toThrow("benchmark writes");
});

test("a spread has the middle of its values, the lowest and the highest", () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, lowest: 1, highest: 4 });
  expect([0.844, 12.34, 7853.6].map(shown)).toEqual(["0.84", "12.3", "7,854"]);
});
