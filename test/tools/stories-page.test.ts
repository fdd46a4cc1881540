/** docs/stories.md describes every command as the code knows it. */
import { expect, test } from "vitest";
import { verbs } from "../../src/virtual/stage/commands.ts";
import { readDocument } from "./documents.ts";

const page = readDocument("docs/stories.md");

test.each(Object.entries(verbs))("the page describes `%s`", (name, { form, options, says }) => {
  const usage = `${name} ${form}`.trim().replaceAll("|", "\\|");
  const shown = options.map((option) => `\`${option}\``).join(" ");
  expect(page).toContain(`| \`${usage}\` | ${shown} | ${says} |\n`);
  const meanings = page.slice(page.indexOf("## Options"));
  for (const option of options) expect(meanings).toMatch(new RegExp(`\`${option}[=\`]`));
});
