import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCli } from "../../test/simulation/run-cli.ts";
import { syntheticResults } from "../../test/simulation/synthetic.ts";
import { saveResults } from "../report/write.ts";
import { execute } from "./execute.ts";
import { sweepDefaults } from "./reproduce.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorum-kv-cli-"));
  await saveResults(join(directory, "usual"), syntheticResults({ quorums: [1, 2], seed: 1 }));
  await saveResults(join(directory, "other"), syntheticResults({ quorums: [1, 2], seed: 2 }));
  const slow = syntheticResults({ quorums: [1, 2], overheadMs: 400 });
  await saveResults(join(directory, "slow"), slow);
});
afterAll(() => rm(directory, { recursive: true }));
const results = (name: string) => join(directory, name, "results.json");

test("help names every option and exit code, and theory needs no cluster", async () => {
  const help = await runCli("--help");
  expect(help.code).toBe(0);
  const options = [
    ...[
      "target",
      "quorums",
      "clients",
      "writes",
      "min-duration",
      "rounds",
      "order",
      "keys",
      "payload",
    ],
    ...["min-delay", "max-delay", "follower-delay", "seed", "warmup", "out", "format"],
    ...["baseline", "no-color", "json"],
  ];
  for (const option of options) expect(help.stdout).toContain(`--${option}`);
  for (const name of ["sweep", "render", "compare", "theory", "diff", "130"]) {
    expect(help.stdout).toContain(name);
  }
  const theory = await runCli("theory", "--json", "--quorums", "3");
  expect(theory.code).toBe(0);
  const [prediction] = JSON.parse(theory.stdout);
  expect(prediction.meanMs).toBeCloseTo(500, 9);
});

test.each([
  [["--quorums", "x"], /Expected quorums such as "1-5"/],
  [["--clients", "0"], /whole number from 1/],
  [["--order", "backwards"], /Allowed choices/],
  [["--bogus"], /unknown option/],
  [["--quorums", "9"], /a quorum of 9 needs as many followers; there are 5/],
  [["--min-delay", "9", "--max-delay", "3"], /above/],
  [["--follower-delay", "follower9=0-1"], /names follower9/],
  [["--target", "ftp://x"], /--target is/],
  [["--out", "/dev/null/report"], /folder \/dev\/null\/report cannot be written/],
  [["--baseline", "/nowhere.json"], /cannot be read/],
  [["render", "/nowhere.json"], /cannot be read/],
  [["theory", "--followers", "2", "--quorums", "3"], /there are 2/],
] as const)("exit code 2 for %j, with the reason", async (words, reason) => {
  let said = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
  const code = await execute(words).finally(() => spy.mockRestore());
  expect(said).toMatch(reason);
  expect(code).toBe(2);
});

test("exit code 3 when nobody answers", async () => {
  for (const words of [["diff"], ["sweep", "--out", join(directory, "gone")]]) {
    const { code, stderr } = await runCli(...words, "--target", "http://127.0.0.1:1");
    expect(stderr).toMatch(/got no answer/);
    expect(code).toBe(3);
  }
});

test("render makes the report again, and compare tells chance from change", async () => {
  const out = join(directory, "again");
  const rendered = await runCli("render", results("usual"), "--out", out, "--format", "md");
  expect(rendered).toMatchObject({ code: 0 });
  expect(rendered.stdout).toContain("Each further ack costs");
  const alike = await runCli("compare", results("usual"), results("other"));
  expect(alike).toMatchObject({ code: 0 });
  expect(alike.stdout).toContain("within chance");
  const slower = await runCli("compare", results("usual"), results("slow"));
  expect(slower).toMatchObject({ code: 1 });
  expect(slower.stdout).toContain("slower");
});

test("the defaults are the lab's experiment", () => {
  expect(sweepDefaults).toMatchObject({ clients: 10, writes: 10, keys: 10, rounds: 1 });
});
