import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const strange = "a\u009b31m\u202eb";

const run = (env: Record<string, string>) =>
  spawnSync(process.execPath, [program], {
    env: { NODE_ID: "a", NODES: "a=127.0.0.1:1", LEADER: "a", WRITE_QUORUM: "0", ...env },
    encoding: "utf8",
  });

test("a log line is JSON that no terminal obeys", () => {
  const { status, stdout, stderr } = run({ DATA_DIR: `/dev/null/${strange}` });
  expect(status).toBe(1);
  expect(stderr).toBe("");
  expect(stdout).toContain("a\\u009b31m\\u202eb");
  const [line = "", ...more] = stdout.trimEnd().split("\n");
  expect(more).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({
    level: "fatal",
    reason: expect.stringContaining(strange),
  });
});

test("so is the sentence about a bad setting", () => {
  const { status, stdout, stderr } = run({ TIMEOUT: strange });
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^TIMEOUT .*a\\u009b31m\\u202eb.*\n$/);
});
