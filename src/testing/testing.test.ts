/** What `quorum-kv/testing` gives to tests of other programs, from a clone that they link. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startCluster } from "quorum-kv/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const binaries = join(root, "node_modules/.bin");
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kv-testing-"));
  mkdirSync(join(folder, "node_modules"));
  // As `npm install ../quorum-kv` does.
  symlinkSync(root, join(folder, "node_modules/quorum-kv"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("one call starts nodes that write, and go on without their leader", async () => {
  const cluster = await startCluster({ nodes: 3 });
  const put = (node: number, value: number) =>
    fetch(`${cluster.endpoints[node]}/nodes/@leader/write`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ key: "a", value }),
    });
  expect((await put(1, 1)).status).toBe(200);
  await cluster.nodes.find(({ leads }) => leads)?.close();
  expect((await put(1, 2)).status).toBe(200);
  expect(cluster.nodes.filter(({ leads }) => leads)).toHaveLength(1);
  await cluster[Symbol.asyncDispose]();
});

test("a number of nodes that cannot be is refused", async () => {
  for (const nodes of [0, 10, 1.5]) await expect(startCluster({ nodes })).rejects.toThrow("1 to 9");
});

test("a program that links a clone uses it, and ends by itself", async () => {
  writeFileSync(
    join(folder, "test.mjs"),
    `import { startCluster } from "quorum-kv/testing";
     const cluster = await startCluster({ nodes: 1 });
     console.log(cluster.endpoints.length);
     await cluster.close();`,
  );
  const { stdout } = await run(process.execPath, ["test.mjs"], { cwd: folder });
  expect(stdout).toBe("1\n");
});

test("its types are complete for a program in TypeScript", async () => {
  writeFileSync(
    join(folder, "test.mts"),
    `import { startCluster, type TestCluster } from "quorum-kv/testing";
     const cluster: TestCluster = await startCluster({ nodes: 3, env: { TIMEOUT: "500" } });
     export const urls: readonly string[] = cluster.endpoints;
     // @ts-expect-error: there is no such option
     await startCluster({ node: 3 });`,
  );
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext"];
  const types = ["--lib", "esnext", "--types", "", "test.mts"];
  const tsc = run(process.execPath, [join(binaries, "tsc"), ...options, ...types], { cwd: folder });
  expect(await tsc.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({
    stdout: "",
  });
});
