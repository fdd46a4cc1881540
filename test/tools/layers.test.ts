/** The layer check must really see TypeScript: each forbidden import is tried on a scratch tree. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const folders = ["src", "gateway", "simulation", "webui", "client", "test"];
const lawful = {
  "src/replication/types.ts": "export type Sequence = number;",
  "src/node/node.ts":
    'import type { Sequence } from "../replication/types.ts";\nexport let s: Sequence;',
  "src/storage/index.ts": 'export { s } from "../node/node.ts";',
  "src/main.ts": 'import "./storage/index.ts";\nimport "zod";',
  "gateway/requests/index.ts": "export const requests = 1;",
  "gateway/access/index.ts": 'export { requests } from "../requests/index.ts";',
  "gateway/index.ts":
    'import "./requests/index.ts";\nimport "./access/index.ts";\nexport const gateway = 1;',
  "gateway/grpc/index.ts":
    'import "../requests/index.ts";\nimport "../access/index.ts";\nexport const grpc = 1;',
  "src/transport/index.ts": 'export { s } from "../node/node.ts";',
  "src/virtual/index.ts": 'export { s } from "../node/node.ts";',
  "webui/src/playground/index.ts": 'export { s } from "../../../src/virtual/index.ts";',
  "simulation/index.ts": "export const simulation = 1;",
  "webui/index.ts": "export const page = 1;",
  "client/index.ts": "export const client = 1;",
  "client/cli/index.ts": "export const cli = 1;",
  "src/storage/index.test.ts":
    'import "vitest";\nimport "fast-check";\nimport "../../test/support/helper.ts";',
  "test/support/helper.ts": 'import "vitest";',
  "test/a.test.ts": 'import "../src/main.ts";',
};

let tree: string;

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${text}\n`);
  }
}

function run(program: string, ...words: readonly string[]) {
  const ended = spawnSync(process.execPath, [join(root, program), ...words], {
    cwd: tree,
    encoding: "utf8",
  });
  return { status: ended.status, output: ended.stdout + ended.stderr };
}

const cruise = () => run("node_modules/.bin/depcruise", ...folders);

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "quorum-kv-layers-"));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  for (const file of [".dependency-cruiser.cjs", "package.json"]) {
    copyFileSync(join(root, file), join(tree, file));
  }
  write(lawful);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

test("lawful imports pass, and the modules are really seen", () => {
  const { status, output } = cruise();
  expect(output).toMatch(/no dependency violations found \((1[2-9]|[2-9]\d|\d{3,}) modules/);
  expect(status).toBe(0);
});

test.each([
  ["no-cycle", "src/node/a.ts", 'import type { B } from "./b.ts";\nexport type A = B;'],
  ["replication-is-pure", "src/replication/a.ts", 'import type { Stats } from "node:fs";'],
  ["replication-is-pure", "src/replication/a.ts", 'import { z } from "zod";\nexport { z };'],
  ["node-knows-only-replication", "src/node/a.ts", 'export * from "../storage/index.ts";'],
  ["adapters-do-not-know-each-other", "gateway/a.ts", 'import "../src/storage/index.ts";'],
  ["adapters-do-not-know-each-other", "src/transport/a.ts", 'import "../../gateway/index.ts";'],
  ["edges-share-requests-alone", "gateway/grpc/a.ts", 'import "../index.ts";'],
  ["rest-does-not-know-grpc", "gateway/a.ts", 'import "./grpc/index.ts";'],
  ["simulation-speaks-http", "simulation/a.ts", 'export const a = import("../src/main.ts");'],
  ["page-speaks-http", "webui/a.tsx", 'import "../gateway/index.ts";'],
  ["page-speaks-http", "webui/src/a.ts", 'import "../../src/virtual/index.ts";'],
  [
    "playground-plays-the-virtual-world",
    "webui/src/playground/a.ts",
    'import "../../../src/main.ts";',
  ],
  ["virtual-world-is-made-of-the-protocol", "src/virtual/a.ts", 'import "../storage/index.ts";'],
  ["virtual-world-runs-in-browsers", "src/virtual/a.ts", 'import "node:fs";'],
  ["nodes-do-not-know-the-virtual-world", "src/node/a.ts", 'import "../virtual/index.ts";'],
  ["client-speaks-http", "client/cli/a.ts", 'import "../../src/main.ts";'],
  ["client-library-runs-anywhere", "client/src/a.ts", 'import "node:events";'],
  ["client-library-runs-anywhere", "client/src/a.ts", 'import "../cli/index.ts";'],
  ["nobody-imports-main", "src/storage/a.ts", 'import "../main.ts";'],
  ["products-do-not-import-tests", "gateway/a.ts", 'import "../test/a.test.ts";'],
  ["products-do-not-import-tests", "client/a.ts", 'import "../test/support/helper.ts";'],
  ["products-do-not-import-test-tools", "src/storage/a.ts", 'import { test } from "vitest";'],
  ["products-do-not-import-test-tools", "gateway/a.ts", 'import fc from "fast-check";'],
  ["products-do-not-import-test-tools", "simulation/a.ts", 'import type { Mock } from "vitest";'],
  ["products-do-not-import-test-tools", "webui/a.tsx", 'import "vitest/config";'],
  ["products-do-not-import-test-tools", "client/a.ts", 'export * from "fast-check";'],
])("%s refuses %s: %s", (rule, path, text) => {
  const companion = "src/node/b.ts";
  write({ [path]: text, [companion]: 'import type { A } from "./a.ts";\nexport type B = A[];' });
  try {
    const { status, output } = cruise();
    expect(output).toContain(`error ${rule}: ${path}`);
    expect(status).not.toBe(0);
  } finally {
    for (const added of [path, companion]) rmSync(join(tree, added));
  }
});

describe("cycles of folders", () => {
  const look = () => run("test/tools/folder-cycles.ts");

  test("none is found where files of a product's own folder stand above and below others", () => {
    write({ "src/errors.ts": "export const e = 1;", "src/node/e.ts": 'import "../errors.ts";' });
    const { status, output } = look();
    expect(output).toMatch(/no folder cycles in ([5-9]|\d\d+) folders/);
    expect(status).toBe(0);
  });

  test.each([
    ["two folders side by side", ["gateway/routes", "gateway/streams"]],
    ["a folder and one inside it", ["simulation/report", "simulation/report/figures"]],
    ["three folders", ["simulation/load", "simulation/launch", "simulation/compare"]],
  ])("%s: refused, though no two files import each other", (_, cycle) => {
    const imports = cycle.map((folder, at) => {
      const next = cycle[(at + 1) % cycle.length] ?? "";
      return { [`${folder}/upper.ts`]: `import "./${relative(folder, next)}/lower.ts";` };
    });
    const lower = cycle.map((folder) => ({ [`${folder}/lower.ts`]: "export const low = 1;" }));
    const files = Object.assign({}, ...imports, ...lower);
    write(files);
    try {
      expect(cruise().status).toBe(0);
      const { status, output } = look();
      expect(output.match(/error no-folder-cycle/g)).toHaveLength(1);
      for (const folder of cycle) expect(output).toContain(`${folder}/upper.ts -> `);
      expect(status).toBe(1);
    } finally {
      for (const added of Object.keys(files)) rmSync(join(tree, added));
    }
  });
});
