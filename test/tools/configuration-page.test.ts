import { expect, test } from "vitest";
import { configurationPage, withCurrentSettings } from "./configuration-page.ts";

test("docs/configuration.md has the settings of the code (npm run docs:configuration)", () => {
  expect(configurationPage()).toBe(withCurrentSettings(configurationPage()));
});

test("a setting that the page words otherwise is found", () => {
  const page = configurationPage();
  const stale = page.replace("| `TIMEOUT` | 5000 |", "| `TIMEOUT` | 3000 |");
  expect(stale).not.toBe(page);
  expect(withCurrentSettings(stale)).toBe(page);
});

test("a page without a place for the table is refused", () => {
  expect(() => withCurrentSettings("# Configuration\n")).toThrow("no marks");
});
