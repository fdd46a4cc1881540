/** `.ci/run` must fail when anything is wrong: tried on a scratch clone with a stand-in for npm. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const standIn = `#!/usr/bin/env bash
read -r && { echo "stdin is open"; exit 1; }
[[ $CI == true ]] || { echo "CI is not set"; exit 1; }
echo "npm $*" >> calls
name=$1; [[ $1 == run ]] && name=$2
name=\${name/test:/}
behaviour="\${name}_does"
case "\${!behaviour:-pass}" in
  pass) passed=3 failed=0 reason=passed failure= code=0 ;;
  fail) passed=2 failed=1 reason=failed failure='"a test"' code=1 ;;
  lie) passed=2 failed=1 reason=failed failure='"a test"' code=0 ;;
  unhandled) passed=3 failed=0 reason=failed failure='"an error"' code=1 ;;
  none) passed=0 failed=0 reason=passed failure= code=0 ;;
  crash) exit 134 ;;
  late) passed=3 failed=0 reason=passed failure= code=1 ;;
esac
if [[ -n $RESULTS ]]; then
  echo "{\\"passed\\":$passed,\\"failed\\":$failed,\\"reason\\":\\"$reason\\",\\"failures\\":[$failure]}" > "$RESULTS"
fi
exit $code
`;

let parent: string;
let clone: string;

function run(behaviour: Record<string, string> = {}): { status: number | null; lines: string[] } {
  rmSync(join(clone, "calls"), { force: true });
  const { status, stdout } = spawnSync(join(clone, ".ci/run"), {
    cwd: "/",
    encoding: "utf8",
    env: { PATH: `${clone}/bin:${process.env["PATH"]}`, ...behaviour },
  });
  return { status, lines: stdout.trimEnd().split("\n") };
}

function ci(behaviour?: Record<string, string>): { status: number | null; last: string } {
  const { status, lines } = run(behaviour);
  return { status, last: lines.at(-1) ?? "" };
}

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "quorum-kv-ci-"));
  clone = join(parent, "clone");
  for (const folder of [".ci", "bin", "test/tools"]) {
    mkdirSync(join(clone, folder), { recursive: true });
  }
  for (const file of [".ci/run", "test/tools/count-results.ts", "package.json"]) {
    copyFileSync(join(root, file), join(clone, file));
  }
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  writeProgram(join(clone, "bin/npm"), standIn);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("all is well: installs, checks, tests, and counts", () => {
  expect(ci()).toEqual({ status: 0, last: "3 passed, 0 failed" });
  const calls = readFileSync(join(clone, "calls"), "utf8").replaceAll(/ --.*/g, "");
  expect(calls).toBe("npm ci\nnpm run check\nnpm test\n");
});

test.each([
  ["ci_does", "fail", "0 passed, 1 failed"],
  ["check_does", "fail", "3 passed, 1 failed"],
  ["test_does", "fail", "2 passed, 1 failed"],
  ["test_does", "lie", "2 passed, 1 failed"],
  ["test_does", "unhandled", "3 passed, 1 failed"],
  ["test_does", "none", "0 passed, 1 failed"],
  ["test_does", "crash", "0 passed, 1 failed"],
  ["test_does", "late", "3 passed, 1 failed"],
])("%s %s: fails with %j", (step, behaviour, last) => {
  expect(ci({ [step]: behaviour })).toEqual({ status: 1, last });
});

test("what failed is named just above the count, also what belongs to no test", () => {
  expect(run({ test_does: "fail" }).lines.at(-2)).toBe("FAILED: a test");
  expect(run({ test_does: "unhandled" }).lines.slice(-3)).toEqual([
    "FAILED: an error",
    expect.stringContaining("the run itself failed"),
    "3 passed, 1 failed",
  ]);
});

test("the reporter writes failed tests and errors outside of any", () => {
  const folder = join(parent, "vitest");
  mkdirSync(folder);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const text = `
    import { expect, test } from "vitest";
    test("holds", () => {});
    test("fails", () => expect(1).toBe(2));
    test("differs", () => expect({ rate: 1, kept: true }).toEqual({ rate: 2, kept: true }));
    let tries = 0;
    test("passes when repeated", { retry: 1 }, () => expect((tries += 1)).toBe(2));
    test("leaves an error behind", () => void Promise.reject(new Error("nobody caught this")));
  `;
  writeFileSync(join(folder, "some.test.ts"), text);
  const results = join(folder, "results.json");
  const reporter = join(root, "test/tools/results-reporter.ts");
  const vitest = join(root, "node_modules/.bin/vitest");
  const { status } = spawnSync(vitest, ["run", `--reporter=${reporter}`], {
    cwd: folder,
    env: { ...process.env, RESULTS: results },
  });
  expect(status).toBe(1);
  expect(JSON.parse(readFileSync(results, "utf8"))).toMatchObject({
    passed: 3,
    failed: 2,
    reason: "failed",
    failures: [
      expect.stringMatching(/^some\.test\.ts > fails: .*expected 1 to be 2/s),
      expect.stringMatching(/^some\.test\.ts > differs: .*- {2,}"rate": 2.*\+ {2,}"rate": 1/s),
      expect.stringMatching(/^outside of any test: .*nobody caught this.*some\.test\.ts/s),
    ],
  });
});

test("where the engine's tool is, it runs, and the compose tests are counted too", () => {
  const tools = join(parent, "shared/tools");
  mkdirSync(tools, { recursive: true });
  writeProgram(join(tools, "docker-engine"), "#!/bin/sh\nexit 0\n");
  expect(ci()).toEqual({ status: 0, last: "6 passed, 0 failed" });
  expect(ci({ compose_does: "fail" })).toEqual({ status: 1, last: "5 passed, 1 failed" });
  writeProgram(join(tools, "docker-engine"), "#!/bin/sh\nexit 1\n");
  expect(ci()).toEqual({ status: 1, last: "6 passed, 1 failed" });
});
