/** Writes the report's folder. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { type Analysis, analyse } from "../analysis/analyse.ts";
import { unifiedDiff } from "../compare/unified.ts";
import { reasonOf, usageError } from "../errors.ts";
import { type Results, resultsSchema } from "../results/schema.ts";
import { samplesCsv, summaryCsv } from "./csv.ts";
import { type Baseline, documentOf } from "./document.ts";
import { htmlOf } from "./html.ts";
import { markdownOf } from "./markdown.ts";
import { inlineSvg, standaloneSvg } from "./svg.ts";

/** What `--format` may list. Figures are written with html and md. */
export const formats = ["html", "md", "json", "csv", "diffs"] as const;
/** One of them. */
export type Format = (typeof formats)[number];

/** Where the report goes, and what it holds. */
export interface ReportOptions {
  readonly directory: string;
  readonly formats: readonly Format[];
  readonly baseline?: Baseline | undefined;
}

const resultsFile = "results.json";

/** Answers the analysis that the report shows. */
export async function writeReport(results: Results, options: ReportOptions): Promise<Analysis> {
  const { directory, formats: wanted, baseline } = options;
  const analysis = analyse(results);
  const save = saver(directory);
  if (wanted.includes("json")) await saveResults(directory, results);
  if (wanted.includes("csv")) {
    await save("samples.csv", samplesCsv(results));
    await save("summary.csv", summaryCsv(analysis));
  }
  if (wanted.includes("html") || wanted.includes("md")) {
    const document = documentOf(results, analysis, baseline);
    const drawings = new Map<string, string>();
    for (const { blocks } of document.sections) {
      for (const block of blocks) {
        if (block.type !== "figure") continue;
        const drawing = await inlineSvg(block.figure);
        drawings.set(block.figure.name, drawing);
        await save(`figures/${block.figure.name}.svg`, standaloneSvg(drawing));
      }
    }
    if (wanted.includes("html")) await save("index.html", htmlOf(document, drawings));
    if (wanted.includes("md")) await save("report.md", markdownOf(document));
  }
  if (wanted.includes("diffs")) await saveDiffs(results, save);
  return analysis;
}

/** In one step, so that whoever reads while a run goes on never sees half a file. */
export async function saveResults(directory: string, results: Results): Promise<void> {
  const path = join(directory, resultsFile);
  await mkdir(directory, { recursive: true });
  await writeFile(`${path}.part`, `${JSON.stringify(results)}\n`);
  await rename(`${path}.part`, path);
}

/**
 * Takes a file packed by gzip as well. Throws a usage error for a file that is not there or not a results
 * file of this version.
 */
export async function readResults(path: string): Promise<Results> {
  let parsed: unknown;
  try {
    const bytes = await readFile(path);
    parsed = JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  } catch (error) {
    throw usageError(`${path} cannot be read as JSON: ${reasonOf(error)}`);
  }
  const checked = resultsSchema.safeParse(parsed);
  if (checked.success) return checked.data;
  throw usageError(`${path} is not a results file: ${z.prettifyError(checked.error)}`);
}

type Save = (name: string, text: string) => Promise<void>;

const saver =
  (directory: string): Save =>
  async (name, text) => {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };

/** Per follower that differed, the differences of all passes: to read, and as data. */
async function saveDiffs({ passes }: Results, save: Save): Promise<void> {
  const texts = new Map<string, string[]>();
  const data = new Map<string, object[]>();
  for (const { quorum, round, comparisons } of passes) {
    for (const comparison of comparisons) {
      for (const follower of comparison.followers) {
        if (follower.identical) continue;
        const { node } = follower;
        const heading = `# quorum ${quorum}, round ${round}\n`;
        texts.set(node, [...(texts.get(node) ?? []), heading + unifiedDiff(comparison, follower)]);
        const { moment, atMs } = comparison;
        data.set(node, [...(data.get(node) ?? []), { quorum, round, moment, atMs, ...follower }]);
      }
    }
  }
  for (const [node, parts] of texts) await save(`diffs/${node}.diff`, parts.join("\n"));
  for (const [node, parts] of data) {
    await save(`diffs/${node}.json`, `${JSON.stringify(parts, undefined, 1)}\n`);
  }
}
