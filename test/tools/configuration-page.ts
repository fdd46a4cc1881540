/** `npm run docs:configuration`: makes the settings table of docs/configuration.md from the code. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { settingsTable } from "../../src/config/read.ts";

const path = resolve(import.meta.dirname, "../../docs/configuration.md");
const begin = "<!-- settings: made by `npm run docs:configuration` from src/config/ -->\n\n";
const end = "\n<!-- end of settings -->\n";

export const configurationPage = (): string => readFileSync(path, "utf8");

/** The page with the table that the code has now. Throws where the page has no place for it. */
export function withCurrentSettings(page: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error("docs/configuration.md has no marks for the table");
  const rows = settingsTable.map(({ name, shownDefault, range, meaning }) => {
    return `| \`${name}\` | ${shownDefault} | ${range} | ${meaning} |\n`;
  });
  const table = `| Variable | Default | Allowed | Meaning |\n|---|---|---|---|\n${rows.join("")}`;
  return page.slice(0, from + begin.length) + table + page.slice(to);
}

if (import.meta.main) writeFileSync(path, withCurrentSettings(configurationPage()));
