/** One truth about which Node it takes: what is said, what is asked for, and what an older one says. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const { engines, scripts, devDependencies } = JSON.parse(text("package.json"));
const needed = "24";

test("every file names the same Node", () => {
  expect(engines).toEqual({ node: `>=${needed}` });
  expect(devDependencies.node).toMatch(new RegExp(`^\\^${needed}\\.`));
  expect(text(".nvmrc").trim()).toBe(needed);
  expect(text("Dockerfile")).toContain(`FROM node:${needed}-`);
  expect(text("src/node-version.mjs")).toContain(`const needed = ${needed};`);
  expect(text("README.md")).toContain(`It runs on Node ${needed}`);
  expect(text("docs/operations.md")).toContain(`A node runs on Node ${needed}`);
});

/** A Node on this machine that is older; undefined when there is none. */
function olderNode(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file))
    .find((file) => {
      const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
      return Number(/^v(\d+)/.exec(stdout)?.[1]) < Number(needed);
    });
}

/** A module for --import that makes this Node call itself an older one. */
const pretending = `data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })`;

const older = olderNode();
const run = (args: readonly string[]) =>
  spawnSync(older ?? process.execPath, [...(older ? [] : ["--import", pretending]), ...args], {
    cwd: root,
    encoding: "utf8",
  });

describe("an older Node", () => {
  const start = scripts.start.split(" ").slice(1);
  const simulate = scripts.simulate.split(" ").slice(1);
  test.each([
    ["npm start", start],
    ["npm run simulate", [...simulate, "--help"]],
    ["node src/main.mjs", ["src/main.mjs"]],
  ])("%s says in one sentence what is needed", (_, args) => {
    const { status, stdout, stderr } = run(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(
      /^Quorum KV runs on Node 24 or newer, but this is Node \d+\.\d+\.\d+\. /,
    );
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

test("the checked program is the program", () => {
  const env = { PATH: process.env["PATH"] };
  const direct = spawnSync(process.execPath, ["src/main.ts"], { cwd: root, env });
  const checked = spawnSync(process.execPath, ["src/main.mjs"], { cwd: root, env });
  expect([checked.status, String(checked.stderr)]).toEqual([2, String(direct.stderr)]);
});
