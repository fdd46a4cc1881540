/** What a process says when its settings would leave it open, or its certificates cannot be used. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { certificateFolder, memberNames } from "../support/certificates.ts";

const program = resolve(import.meta.dirname, "../../src/main.ts");
const settings = {
  ...{ PATH: process.env["PATH"] ?? "", PORT: "0", GRPC_PORT: "0", WRITE_QUORUM: "0" },
  ...{ NODE_ID: "a", NODES: "a=127.0.0.1:1", LEADER: "a" },
};

const start = (env: Record<string, string>) =>
  new Promise<{ code: number | null; output: string }>((done) => {
    const options = { env: { ...settings, ...env } };
    const child = execFile(process.execPath, [program], options, (_error, stdout, stderr) =>
      done({ code: child.exitCode, output: stdout + stderr }),
    );
  });

test("a node that other machines would reach says what it lacks, and does not start", async () => {
  const { code, output } = await start({ HOST: "0.0.0.0" });
  expect(code).toBe(2);
  expect(output).toMatch(/^HOST is "0\.0\.0\.0", which other machines reach, but TLS_CERT .*\.\n$/);
});

test("a node whose certificate is that of another member says so, and does not start", async () => {
  const folder = await certificateFolder();
  const { cert, key, ca } = await folder.issue(memberNames("b"));
  const { code, output } = await start({ TLS_CERT: cert, TLS_KEY: key, TLS_CA: ca });
  expect(code).toBe(1);
  const lines = output.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "fatal",
    reason: `TLS_CERT is "${cert}", which names the member b; it must have the name URI:quorumkv://member/a.`,
  });
});
