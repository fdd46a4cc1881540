/**
 * The README's examples, run as they stand there: each `console` block is a list of `$ commands`
 * and what they print. Ports are moved and the data folder is a scratch one; what differs from run
 * to run is masked on both sides.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settingsTable } from "../src/config.ts";
import { freeBasePort, Launched, launcher } from "./start/launched.ts";

const root = resolve(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const documentedBasePort = 4567;

interface Example {
  readonly command: string;
  readonly printed: string;
}

const examples: readonly Example[] = [...readme.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(
  ([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const end = text.indexOf("\n");
        return { command: text.slice(0, end), printed: text.slice(end + 1).trimEnd() };
      }),
);
const [start, ...calls] = examples;

let basePort: number;
let folder: string;
let launched: Launched;

/** The README's ports, both REST and gRPC, become this run's. */
const moved = (text: string): string =>
  text.replaceAll(/\b([45]5[67]\d)\b/g, (port) =>
    String(Number(port) - documentedBasePort + basePort),
  );

const withoutPids = (text: string): string => text.replaceAll(/pid \d+/g, "pid …");

const variableNumbers = new Set(["latencyMs", "ms", "delayMs"]);

/** Times, and which followers were fastest: shown by kind, and by whether they were enough. */
function masked(text: string): string {
  return JSON.stringify(JSON.parse(text), function (this: { quorum?: number }, name, value) {
    if (variableNumbers.has(name)) return typeof value;
    if (name === "detail") return "…";
    if (name !== "acks") return value;
    const [first] = value;
    const shape = typeof first === "string" ? "follower" : { ...first, node: "follower" };
    return { shape, enough: value.length >= (this.quorum ?? 0) };
  });
}

beforeAll(async () => {
  basePort = await freeBasePort();
  folder = mkdtempSync(join(tmpdir(), "quorum-kv-readme-"));
  launched = new Launched(launcher, ["--base-port", String(basePort), "--data", folder]);
  await launched.prints("Ctrl-C stops");
});
afterAll(async () => {
  await launched?.dispose();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

describe("the README's examples", () => {
  test("npm start prints what it is said to print", () => {
    expect(start?.command).toBe("npm ci && npm start");
    const promised = withoutPids(moved(start?.printed ?? ""))
      .split("\n")
      .filter((line) => line !== "…");
    const printed = withoutPids(launched.printed.replace(folder, "./data")).split("\n");
    expect(printed).toEqual(expect.arrayContaining(promised));
  });

  test.each(calls)("$command", async ({ command, printed }) => {
    expect(masked(await shell(moved(command)))).toBe(masked(moved(printed)));
  });

  test("the curl commands that npm start offers work as pasted", async () => {
    const offered = [...launched.printed.matchAll(/^A (?:write|read): +(curl .*)$/gm)];
    const answers: unknown[] = [];
    for (const [, command = ""] of offered) answers.push(JSON.parse(await shell(command)));
    expect(answers).toMatchObject([{ key: "greeting" }, { key: "greeting", value: "hello" }]);
  });

  test("Ctrl-C stops all six cleanly", async () => {
    launched.interrupt();
    expect(await launched.ended()).toBe(0);
    expect(launched.printed).toContain("All nodes stopped.");
  });
});

async function shell(command: string): Promise<string> {
  const silent = command.replace(/^curl /, "curl --silent --show-error ");
  return (await promisify(execFile)("/bin/sh", ["-c", silent])).stdout;
}

describe("the README's tables", () => {
  test("the settings are those of the code, in its order", () => {
    const rows = settingsTable.map(({ name, shownDefault, meaning }) => {
      return `| \`${name}\` | ${shownDefault} | ${meaning} |`;
    });
    const table = ["| Variable | Default | Meaning |", "|---|---|---|", ...rows].join("\n");
    expect(readme).toContain(`\n${table}\n`);
  });

  test("every npm script it names exists", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = [...readme.matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g)];
    const names = named.map(([, run, own]) => run ?? own ?? "");
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(names)]));
  });

  test("every file it points to is there", () => {
    const links = [...readme.matchAll(/\]\(([^):#]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
