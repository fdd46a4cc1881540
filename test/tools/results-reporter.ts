/**
 * A Vitest reporter for `.ci/run`: writes what `count-results.ts` adds up to the file that the
 * environment names in RESULTS. Vitest's own JSON leaves out the errors that belong to no test,
 * though they fail the run.
 */
import { writeFileSync } from "node:fs";
import { inspect, stripVTControlCharacters } from "node:util";
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

/** An error's first lines, and how it differs: enough where only the end of a long log is kept. */
function brief({ message, stack, diff }: SerializedError): string {
  const text = stack?.includes(message) ? stack : `${message}\n${stack ?? ""}`;
  const difference = typeof diff === "string" ? stripVTControlCharacters(diff).split("\n") : [];
  return [...text.split("\n").slice(0, 8), ...difference.slice(0, 24)].join("\n  ");
}

/** A test that passed when it was repeated keeps the errors of before. */
function errorsOf(test: TestCase): readonly SerializedError[] {
  const { state, errors } = test.result();
  return state === "failed" ? errors : [];
}

function failureOf(path: string, task: TestCase | TestSuite | TestModule): readonly string[] {
  const errors = task.type === "test" ? errorsOf(task) : task.errors();
  const name = task.type === "module" ? path : `${path} > ${task.fullName}`;
  return errors.map((error) => `${name}: ${brief(error)}`);
}

export default class ResultsReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: "passed" | "interrupted" | "failed",
  ): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failures: string[] = [];
    for (const module of modules) {
      const path = module.relativeModuleId;
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        failures.push(...failureOf(path, test));
      }
      for (const suite of module.children.allSuites()) failures.push(...failureOf(path, suite));
      failures.push(...failureOf(path, module));
    }
    for (const error of unhandled) {
      failures.push(`outside of any test: ${brief(error)} ${inspect(error["VITEST_TEST_PATH"])}`);
    }
    const { passed, failed, skipped } = count;
    const results = { passed, failed, skipped, reason, failures };
    const file = process.env["RESULTS"];
    if (file === undefined) throw new Error("RESULTS does not name a file");
    writeFileSync(file, JSON.stringify(results, null, 2));
  }
}
