/** `npm run token`, as its own process. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTokens, TokenRing } from "./tokens.ts";

const directory = mkdtempSync(join(tmpdir(), "quorum-kv-token-"));
afterAll(() => rmSync(directory, { recursive: true }));
const program = resolve(import.meta.dirname, "token-command.ts");
const run = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
};

test("adds a line for each token, which only the printed text opens", () => {
  const file = join(directory, "tokens");
  const first = run("--role", "write", "--prefix", "users/", "--prefix", "x", "--id", "app", file);
  expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(/^kv_[\w-]{43}\n$/) });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = run("--role", "admin", "--expires", "30d", file);
  expect(second.status).toBe(0);
  const text = readFileSync(file, "utf8");
  const ring = new TokenRing(readTokens(text));
  expect(ring.find(first.stdout.trim())).toMatchObject({
    ...{ id: "app", role: "write", prefixes: ["users/", "x"], expiresAt: undefined },
  });
  const admin = ring.find(second.stdout.trim());
  expect(admin).toMatchObject({ role: "admin", prefixes: undefined });
  expect((admin?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(29 * 86_400_000);
  for (const { stdout, stderr } of [first, second]) {
    expect(text).not.toContain(stdout.trim());
    expect(stderr).not.toContain(stdout.trim());
  }
});

test("leaves a file alone that others can read, or that has the id", () => {
  const file = join(directory, "other");
  expect(run("--role", "read", "--id", "a", file).status).toBe(0);
  const before = readFileSync(file, "utf8");
  expect(run("--role", "read", "--id", "a", file)).toMatchObject({
    status: 1,
    stdout: "",
    stderr: "line 2 repeats a\n",
  });
  chmodSync(file, 0o644);
  const open = run("--role", "read", file);
  expect(open).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("644") });
  expect(readFileSync(file, "utf8")).toBe(before);
});

test.each([
  ["--role", "root", "f"],
  ["f"],
  ["--role", "read"],
  ["--role", "read", "--expires", "yesterday", "f"],
  ["--role", "read", "--expires", "2020-01-01", "f"],
  ["--role", "read", "--id", "a b", "f"],
])("refuses %s %s %s %s %s", (...words) => {
  expect(run(...words.filter((word) => word !== undefined))).toMatchObject({
    status: 2,
    stdout: "",
  });
});
