/**
 * Adds up what `results-reporter.ts` wrote of test runs, names what failed, and prints "N passed, N
 * failed" as its last line. Whatever is wrong counts as a failure: a step that failed, a run that
 * left no results, that ran no test, or that did not succeed although no test of it failed. Exits
 * with 1 when anything failed.
 *
 *   node test/tools/count-results.ts [--failed-step NAME]... RESULTS.json...
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";

const resultsSchema = z.object({
  passed: z.number(),
  failed: z.number(),
  reason: z.enum(["passed", "interrupted", "failed"]),
  failures: z.array(z.string()),
});

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed, by name: tests, and errors outside of any. */
  readonly failures: readonly string[];
  /** Sentences about what is wrong besides the failed tests. */
  readonly troubles: readonly string[];
}

function countOf(path: string): Count {
  let results: z.infer<typeof resultsSchema>;
  try {
    results = resultsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return { passed: 0, failed: 0, failures: [], troubles: [`${path}: the run left no results`] };
  }
  const { passed, failed, reason, failures } = results;
  const troubles: string[] = [];
  if (passed + failed === 0) troubles.push(`${path}: no test ran`);
  else if (failed === 0 && (reason !== "passed" || failures.length > 0)) {
    troubles.push(`${path}: the run itself failed`);
  }
  return { passed, failed, failures, troubles };
}

const { values, positionals } = parseArgs({
  options: { "failed-step": { type: "string", multiple: true, default: [] } },
  allowPositionals: true,
});
const counts = positionals.map(countOf);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const passed = sum(counts.map((count) => count.passed));
const failedTests = sum(counts.map((count) => count.failed));
const runTroubles = counts.flatMap((count) => count.troubles);
// A test command fails because its tests do; that is already counted.
const stepsOfRuns = new Set(positionals.map((path) => path.replace(/^.*\/|\.json$/g, "")));
const accountedFor = (step: string): boolean =>
  stepsOfRuns.has(step) && failedTests + runTroubles.length > 0;
const troubles = [
  ...runTroubles,
  ...values["failed-step"]
    .filter((step) => !accountedFor(step))
    .map((step) => `the step "${step}" failed`),
];
if (positionals.length === 0) troubles.push("no test run was counted");
for (const failure of counts.flatMap(({ failures }) => failures)) console.log(`FAILED: ${failure}`);
for (const trouble of troubles) console.log(`FAILED: ${trouble}`);
const failed = failedTests + troubles.length;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
