/** The files of a finished report, and nothing else of its folder. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { failureOf } from "../../src/errors.ts";
import { type Answer, refusal } from "../answers.ts";

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

/** The report styles itself and runs no script; the browser is told to hold it to that. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; sandbox allow-downloads";

export async function reportFile(directory: string, name: string): Promise<Answer> {
  const missing = refusal(failureOf("NOT_FOUND", "The report has no such file."));
  if (!fileName.test(name)) return missing;
  try {
    return {
      status: 200,
      contentType: contentTypes[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain",
      body: await readFile(join(directory, name)),
      headers: ["Content-Security-Policy", policy, "X-Content-Type-Options", "nosniff"],
    };
  } catch {
    return missing;
  }
}
