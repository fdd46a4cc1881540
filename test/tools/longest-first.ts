/** Vitest starts large files first. A long test in a small file would begin last, and the others' processors would idle. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** They take more than a minute each. */
const long = [
  "simulation/cli/sweep.cluster.test.ts",
  "test/benchmark/benchmark.cluster.test.ts",
  "test/virtual/planted.test.ts",
  "test/browser/sweep.test.ts",
  "test/faults/failover.test.ts",
];
const isLong = ({ moduleId }: TestSpecification): boolean =>
  long.some((file) => moduleId.endsWith(`/${file}`));

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
