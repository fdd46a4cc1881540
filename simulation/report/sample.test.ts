/** The sample report that docs/benchmarks.md shows: small, and never older than the program. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readResults, writeReport } from "./write.ts";

const sample = fileURLToPath(new URL("../../docs/sample-report/", import.meta.url));
const notRendered = ["README.md", "results.json.gz"];

test("the sample holds its results and what render makes of them, to read and nothing more", async () => {
  const results = await readResults(join(sample, "results.json.gz"));
  const directory = await mkdtemp(join(tmpdir(), "quorum-kv-sample-"));
  try {
    await writeReport(results, { directory, formats: ["md"] });
    const rendered = (await readdir(directory, { recursive: true })).toSorted();
    const committed = (await readdir(sample, { recursive: true })).toSorted();
    expect(committed).toEqual([...rendered, ...notRendered].toSorted());
    for (const name of rendered.filter((one) => /\.(md|svg)$/.test(one))) {
      const [now, then] = await Promise.all(
        [directory, sample].map((folder) => readFile(join(folder, name), "utf8")),
      );
      expect(then === now, `${name}: run render on the sample again`).toBe(true);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the sample is the lab's experiment with the program's defaults", async () => {
  const { options, cutShort } = await readResults(join(sample, "results.json.gz"));
  expect(cutShort).toBeNull();
  expect(options).toMatchObject({ target: "processes", quorums: [1, 2, 3, 4, 5], clients: 10 });
  expect(options).toMatchObject({ writes: 10, minDelay: 0, maxDelay: 1000 });
});
