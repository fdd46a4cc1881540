/**
 * The examples in the documents, run as they stand there. A `console` block is a list of
 * `$ commands` and what they print; it runs against a new cluster, one for each document. A `js`
 * block is a file for these commands. A `bash` block is a list of commands that must succeed; it
 * runs in a copy of the repository. Ports are moved, and what differs from run to run is masked on
 * both sides. CONTRIBUTING.md has the rules.
 */
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freeBasePort, Launched, launcher } from "./start/launched.ts";
import { need } from "./support/programs.ts";
import { type Block, blocksOf, documentPaths, readDocument, root } from "./tools/documents.ts";

interface Example {
  readonly command: string;
  readonly printed: string;
  readonly needs: readonly string[];
}

const documentedBasePort = 4567;
const startCommand = "npm ci && npm start";
/** Made by the program, with the command that made it. */
const generated = new Set(["docs/sample-report/report.md"]);

const binaries = join(root, "node_modules/.bin");
const path = [binaries, process.env["PATH"]].join(delimiter);
const isInstalled = (program: string): boolean =>
  path.split(delimiter).some((folder) => existsSync(join(folder, program)));
const neededBy = ({ needs }: Pick<Block, "needs">) =>
  Object.fromEntries(needs.map((name) => [name, isInstalled(name) || undefined]));

const examplesOf = ({ text, needs }: Block): readonly Example[] =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((each) => {
      const end = each.indexOf("\n");
      return { command: each.slice(0, end), printed: each.slice(end + 1).trimEnd(), needs };
    });

const documents = documentPaths()
  .filter((document) => !generated.has(document))
  .map((document) => {
    const blocks = blocksOf(readDocument(document)).filter(({ notRun }) => notRun === undefined);
    return {
      document,
      examples: blocks.filter(({ language }) => language === "console").flatMap(examplesOf),
      scripts: blocks.filter(({ language }) => language === "bash"),
      programs: blocks.filter(({ language }) => language === "js"),
    };
  });

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

const isJson = (text: string): boolean => /^[{[].*[}\]]$/.test(text);

/** The shown text as a pattern: a line of `…` stands for any lines. */
function pattern(shown: string): RegExp {
  const lines = shown
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${RegExp.escape(line)}\n`));
  return new RegExp(`^${lines.join("")}$`);
}

describe.each(documents.filter(({ examples }) => examples.length > 0))(
  "$document: the examples print what they show",
  ({ examples, programs }) => {
    let basePort: number;
    let folder: string;
    let launched: Launched;

    /** The documented ports, both REST and gRPC, become this run's. */
    const moved = (text: string): string =>
      text.replaceAll(/\b([45]5[67]\d)\b/g, (port) =>
        String(Number(port) - documentedBasePort + basePort),
      );

    const shows = (program: string): boolean =>
      examples.some(({ command }) => command.startsWith(program));

    beforeAll(async () => {
      if (!shows("curl ") && !shows("npx kv ")) return;
      basePort = await freeBasePort();
      folder = mkdtempSync(join(tmpdir(), "quorum-kv-documents-"));
      for (const shared of ["node_modules", "proto"]) {
        symlinkSync(join(root, shared), join(folder, shared));
      }
      for (const { text } of programs) {
        const [, name = ""] = /^\/\/ ([\w-]+\.mjs)\n/.exec(text) ?? [];
        writeFileSync(join(folder, name), moved(text));
      }
      launched = new Launched(launcher, [
        "--base-port",
        String(basePort),
        "--data",
        join(folder, "data"),
      ]);
      await launched.prints("Ctrl-C stops");
    });
    afterAll(async () => {
      await launched?.dispose();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    for (const example of examples) {
      test(example.command, async (context) => {
        need(context, neededBy(example));
        if (example.command === startCommand) return expectStarted(example);
        // Options of the launcher are shown with their own defaults.
        const inPlace = example.command.startsWith("npm ");
        const place = inPlace ? (text: string) => text : moved;
        const cwd = example.command.startsWith("node ") ? folder : root;
        const endpoints = `http://127.0.0.1:${basePort}`;
        const printed = await outputOf(place(example.command), example.printed, { cwd, endpoints });
        const shown = place(example.printed);
        if (isJson(shown)) expect(masked(printed)).toBe(masked(shown));
        else expect(`${printed.trimEnd()}\n`).toMatch(pattern(shown));
      });
    }

    function expectStarted({ printed }: Example): void {
      const promised = withoutPids(moved(printed))
        .split("\n")
        .filter((line) => line !== "…");
      const lines = withoutPids(launched.printed.replace(join(folder, "data"), "./data")).split(
        "\n",
      );
      expect(lines).toEqual(expect.arrayContaining(promised));
    }

    if (!shows(startCommand)) return;

    test("the curl commands that npm start offers work as pasted", async () => {
      const offered = [...launched.printed.matchAll(/^A (?:write|read): +(curl .*)$/gm)];
      const answers: unknown[] = [];
      for (const [, command = ""] of offered) {
        answers.push(JSON.parse(await outputOf(command, "")));
      }
      expect(answers).toMatchObject([{ key: "greeting" }, { key: "greeting", value: "hello" }]);
    });

    test("Ctrl-C stops all six cleanly", async () => {
      launched.interrupt();
      expect(await launched.ended()).toBe(0);
      expect(launched.printed).toContain("All nodes stopped.");
    });
  },
);

/** What a command prints; of a stream, as many lines as the document shows. */
async function outputOf(
  command: string,
  shown: string,
  { cwd = root, endpoints = "" }: { readonly cwd?: string; readonly endpoints?: string } = {},
): Promise<string> {
  const silent = command.replace(/^curl /, "curl --silent --show-error ");
  if (command.includes("--no-buffer")) return firstLines(silent, shown.split("\n").length);
  const env = { ...process.env, PATH: path, KV_ENDPOINTS: endpoints };
  return (await promisify(execFile)("/bin/sh", ["-c", silent], { cwd, env })).stdout;
}

async function firstLines(command: string, count: number): Promise<string> {
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk;
    if (printed.split("\n").length > count) break;
  }
  child.kill();
  return printed.split("\n").slice(0, count).join("\n");
}

describe("commands", () => {
  let copy: string;

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "quorum-kv-copy-"));
    const left = new Set(["node_modules", ".git", "data", "reports", "coverage"]);
    cpSync(root, copy, {
      recursive: true,
      filter: (source) => !left.has(relative(root, source).split("/")[0] ?? ""),
    });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  });
  afterAll(() => {
    if (copy !== undefined) rmSync(copy, { recursive: true, force: true });
  });

  const scripts = documents.flatMap(({ document, scripts: own }) =>
    own.map((block) => ({ document, block, first: block.text.split("\n")[0] })),
  );
  for (const { document, block, first } of scripts) {
    test(`${document}: ${first}`, async (context) => {
      need(context, neededBy(block));
      const env = { ...process.env, PATH: path };
      const run = promisify(execFile)("/bin/bash", ["-ec", block.text], { cwd: copy, env });
      await expect(run).resolves.toBeDefined();
    });
  }
});
