/** What `npm pack` gives: installed where nothing else is, under the oldest Node that it promises. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { startCluster } from "quorum-kv/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const binaries = join(root, "node_modules/.bin");
const oldest = 20;
const env = { ...process.env, PATH: [binaries, process.env["PATH"]].join(delimiter) };
const run = promisify(execFile);

/** The Node of this machine that is of the oldest version; undefined: there is none. */
const node20 = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter((file) => existsSync(file))
  .find((file) => String(spawnSync(file, ["--version"]).stdout).startsWith(`v${oldest}.`));
if (node20 === undefined) {
  process.stderr.write(`no Node ${oldest} on PATH: the package is tried under this Node alone\n`);
}
const nodes = [process.execPath, ...(node20 === undefined ? [] : [node20])];

let folder: string;
let tarball: string;

/** The path of what `npm pack` makes of a folder. */
async function pack(of: string): Promise<string> {
  const before = new Set(readdirSync(folder));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: of, env });
  const [made = ""] = readdirSync(folder).filter((file) => !before.has(file));
  return join(folder, made);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kv-package-"));
  tarball = await pack(join(root, "client"));
  const places = ["client/node_modules", "node_modules"].map((place) =>
    join(root, place, "eventsource-parser"),
  );
  const parser = await pack(places.find((place) => existsSync(place)) ?? "");
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const install = ["install", "--offline", "--no-audit", "--no-fund", tarball, parser];
  await run("npm", install, { cwd: folder, env });
});
afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

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

describe.each(nodes)("under %s", (node) => {
  test("it reads, writes, watches and fails over", async () => {
    writeFileSync(join(folder, "program.mjs"), program);
    const cluster = await startCluster({ nodes: 3 });
    const child = spawn(node, ["program.mjs", cluster.endpoints[0] ?? ""], {
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

  test("kv says what it can do", async () => {
    const kv = join(folder, "node_modules/quorum-kv-client/bin/kv.mjs");
    expect((await run(node, [kv, "--help"], { cwd: folder })).stdout).toContain("Usage: kv");
  });
});
