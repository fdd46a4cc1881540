import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { syntheticResults } from "../../test/simulation/synthetic.ts";
import { analyse } from "../analysis/analyse.ts";
import { chartOf } from "../terminal/chart.ts";
import { createInk } from "../terminal/paint.ts";
import { tableText } from "../terminal/table.ts";
import { summaryTable } from "./table.ts";
import { formats, readResults, writeReport } from "./write.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-report-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Small enough that a reader of the golden files can follow them. */
const small = () => syntheticResults({ quorums: [1, 3], clients: 2, writes: 4 });
const read = (name: string) => readFile(join(directory, name), "utf8");
const plain = createInk(false).paint;

const figures = [
  ...["ack-timelines", "convergence", "delays", "ecdf", "freshness", "latency-vs-quorum"],
  ...["overhead", "run-order"],
];

test("a report is a folder with every promised file", async () => {
  await writeReport(small(), { directory, formats });
  const names = (await readdir(directory, { recursive: true })).toSorted();
  expect(names).toEqual(
    [
      ...["diffs", "figures", "index.html", "report.md", "results.json"],
      ...["samples.csv", "summary.csv"],
      ...figures.map((name) => `figures/${name}.svg`),
      ...[1, 2, 3, 4, 5].flatMap((n) => [`diffs/follower${n}.diff`, `diffs/follower${n}.json`]),
    ].toSorted(),
  );
});

test("the texts of a report are as they were last looked at", async () => {
  await writeReport(small(), { directory, formats });
  await expect(await read("report.md")).toMatchFileSnapshot("golden/report.md");
  await expect(await read("summary.csv")).toMatchFileSnapshot("golden/summary.csv");
  await expect(await read("samples.csv")).toMatchFileSnapshot("golden/samples.csv");
  await expect(await read("diffs/follower3.diff")).toMatchFileSnapshot("golden/follower3.diff");
});

test.each(figures)("the drawing of %s is as it was last looked at", async (name) => {
  await writeReport(small(), { directory, formats: ["html"] });
  await expect(await read(`figures/${name}.svg`)).toMatchFileSnapshot(`golden/${name}.svg`);
});

test("the page stands alone: no script, nothing from elsewhere, every figure in it", async () => {
  await writeReport(small(), { directory, formats: ["html"] });
  const page = await read("index.html");
  expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
  const addresses = page.match(/https?:\/\/[^"' )]+/g) ?? [];
  expect(new Set(addresses)).toEqual(
    new Set(["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"]),
  );
  for (const name of figures) expect(page).toContain(`<figure id="${name}">`);
  expect(page.match(/<svg role="img"/g)).toHaveLength(figures.length);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("whatever a key or a code holds stays text in the page", async () => {
  const results = small();
  const nasty = { ...results, command: "<script>alert(1)</script>" };
  await writeReport(nasty, { directory, formats: ["html"] });
  expect(await read("index.html")).not.toContain("<script>");
});

test("a baseline is set beside the run", async () => {
  const baseline = { name: "before.json", analysis: analyse(syntheticResults({ quorums: [1] })) };
  await writeReport(small(), { directory, formats: ["md"], baseline });
  expect(await read("report.md")).toContain("## Beside the baseline (before.json)");
});

test("results are read back as they were written, and anything else is refused", async () => {
  const results = small();
  await writeReport(results, { directory, formats: ["json"] });
  expect(await readResults(join(directory, "results.json"))).toEqual(results);
  const later = join(directory, "later.json");
  await writeFile(later, JSON.stringify({ ...results, schemaVersion: 2 }));
  await expect(readResults(later)).rejects.toThrow(/not a results file.*schemaVersion/s);
  await expect(readResults(join(directory, "none.json"))).rejects.toThrow(/cannot be read/);
});

test("a run that measured nothing still makes a report", async () => {
  const nothing = { ...small(), passes: [], followers: [], cutShort: "interrupted" };
  const { headline } = await writeReport(nothing, { directory, formats });
  expect(headline).toBe("Nothing was measured: interrupted.");
});

test("the terminal's chart and table are as they were last looked at", async () => {
  const analysis = analyse(syntheticResults());
  const text = `${chartOf({ analysis, paint: plain })}\n\n${tableText(summaryTable(analysis), plain)}\n`;
  await expect(text).toMatchFileSnapshot("golden/terminal.txt");
});
