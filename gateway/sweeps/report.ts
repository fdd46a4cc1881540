/** Serves the files of a finished report, and nothing else in its folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { failureOf } from "../../src/errors.ts";
import { type Answer, refusal } from "../answers.ts";

/** Every file that a report can have. No other name is looked up, so no path can leave the folder. */
const fileName =
  /^(?:index\.html|report\.md|results\.json|(?:samples|summary)\.csv|figures\/[\w-]+\.svg|diffs\/[\w-]+\.(?:diff|json))$/;

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  json: "application/json",
  csv: "text/csv; charset=utf-8",
  svg: "image/svg+xml",
  diff: "text/plain; charset=utf-8",
};

/** A report has styles of its own and no scripts; the browser enforces that. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox allow-downloads";

/** NOT_FOUND for a file that does not exist, or not yet. */
export async function reportFile(directory: string, name: string): Promise<Answer> {
  const missing = refusal(failureOf("NOT_FOUND", "The report has no such file."));
  if (!fileName.test(name)) return missing;
  try {
    return {
      status: 200,
      contentType: contentTypes[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain",
      body: await readFile(join(directory, name)),
      policy,
    };
  } catch {
    return missing;
  }
}
