/** What `npm pack` gives: installed where nothing else is, under each runtime that it promises. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { startCluster } from "quorum-kv/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaries, env, type InstalledPackage, installPackage } from "./installed-package.ts";

const oldest = 20;
const run = promisify(execFile);

const onPath = (name: string): readonly string[] =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file));

/** The Node of this machine that is of the oldest version; undefined: there is none. */
const node20 = onPath("node").find((file) =>
  String(spawnSync(file, ["--version"]).stdout).startsWith(`v${oldest}.`),
);
const [deno] = onPath("deno");
const [bun] = onPath("bun");
for (const [name, file] of Object.entries({ [`Node ${oldest}`]: node20, Deno: deno, Bun: bun })) {
  if (file === undefined)
    process.stderr.write(`no ${name} on PATH: the package is not tried there\n`);
}
const nodes = [process.execPath, ...(node20 === undefined ? [] : [node20])];
/** Words before those of the program. */
const runtimes: readonly (readonly string[])[] = [
  ...nodes.map((node) => [node]),
  ...(deno === undefined ? [] : [[deno, "run", "--allow-net", "--no-lock"]]),
  ...(bun === undefined ? [] : [[bun, "run"]]),
];

let installed: InstalledPackage;
let folder: string;
let tarball: string;
beforeAll(async () => {
  installed = await installPackage();
  ({ folder, tarball } = installed);
});
afterAll(() => installed?.remove());

test("it is built: no TypeScript but types, and no dependency but one", async () => {
  const files = (await run("tar", ["tzf", tarball])).stdout.trim().split("\n");
  expect(files).toEqual(expect.arrayContaining(["package/dist/index.js", "package/dist/kv.js"]));
  expect(files).toContain("package/dist/index.d.ts");
  expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([]);
  const installed = readdirSync(join(folder, "node_modules")).filter((name) => !/^\./.test(name));
  expect(installed.toSorted()).toEqual(["eventsource-parser", "quorum-kv-client"]);
});

test("publint finds nothing", async () => {
  const { stdout } = await run(join(binaries, "publint"), [tarball, "--strict"], { env });
  expect(stdout).toContain("All good!");
});

test("arethetypeswrong finds nothing", async () => {
  const words = [tarball, "--profile", "esm-only", "--no-color"];
  // It ends with another code for a problem of a program in ES modules or of a bundler.
  await expect(run(join(binaries, "attw"), words, { env })).resolves.toBeDefined();
});

test("its types are complete, and narrow errors by their code", async () => {
  writeFileSync(
    join(folder, "typed.ts"),
    `import { type Entry, KVError, QuorumKV, type WatchEvent } from "quorum-kv-client";
     const kv = new QuorumKV({ endpoints: ["http://127.0.0.1:4567"], token: "t", timeoutMs: 100 });
     interface City { name: string }
     const read: Entry<City> | null = await kv.get<City>("city");
     export const name: string | undefined = read?.value.name;
     // @ts-expect-error: a city has no such member
     read?.value.people;
     for await (const event of kv.watch<City>({ after: 0 })) {
       const each: WatchEvent<City> = event;
       if (each.type === "put") each.value.name;
       // @ts-expect-error: a delete has no value
       else each.value;
     }
     try { await kv.put("city", { name: "Rome" }, { ifVersion: 0 }); } catch (error) {
       if (!(error instanceof KVError)) throw error;
       const written: "no" | "unknown" = error.written;
       if (error.code === "VERSION_MISMATCH") error.version.toFixed();
       if (error.code === "NOT_LEADER") error.leaderUrl.trim();
       // @ts-expect-error: not one of the codes
       if (error.code === "NO_SUCH_CODE") written;
     }`,
  );
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
  const types = ["--lib", "es2022,dom", "--types", "", "typed.ts"];
  const tsc = run(process.execPath, [join(binaries, "tsc"), ...options, ...types], { cwd: folder });
  expect(await tsc.catch(({ stdout }: { stdout: string }) => ({ stdout }))).toMatchObject({
    stdout: "",
  });
});

const program = `
import process from "node:process";
import { QuorumKV } from "quorum-kv-client";
const kv = new QuorumKV({ endpoints: process.argv.slice(2), timeoutMs: 120000 });
const keys = [];
const watching = (async () => {
  for await (const event of kv.watch({ prefix: "p/", after: 0, timeoutMs: 120000 })) {
    keys.push(event.key);
    if (event.key === "p/2") return;
  }
})();
await kv.put("p/1", { n: 1 });
console.log(JSON.stringify((await kv.get("p/1")).value));
process.stdin.once("data", async () => {
  await kv.put("p/2", 2);
  await watching;
  console.log(JSON.stringify(keys));
  process.exit();
});`;

describe.each(runtimes)("under %s", (runtime, ...words) => {
  test("it reads, writes, watches and fails over", async () => {
    writeFileSync(join(folder, "program.mjs"), program);
    const cluster = await startCluster({ nodes: 3 });
    const child = spawn(runtime, [...words, "program.mjs", cluster.endpoints[0] ?? ""], {
      cwd: folder,
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('{"n":1}');
      await cluster.nodes.find(({ leads }) => leads)?.close();
      child.stdin.write("go on\n");
      expect((await lines.next()).value).toBe('["p/1","p/2"]');
    } finally {
      child.kill();
      await cluster.close();
    }
  });
});

test.each(nodes)("under %s kv says what it can do", async (node) => {
  const kv = join(folder, "node_modules/quorum-kv-client/bin/kv.mjs");
  expect((await run(node, [kv, "--help"], { cwd: folder })).stdout).toContain("Usage: kv");
});
