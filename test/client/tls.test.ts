/** https: the platform decides which certificates are trusted, as for every other program. */
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { startCluster } from "quorum-kv/testing";
import { expect, test } from "vitest";
import { certificateFolder, memberNames } from "../support/certificates.ts";

const kv = join(resolve(import.meta.dirname, "../.."), "client/bin/kv.mjs");

test("kv writes and reads over https, and not to a node of an unknown authority", async () => {
  const folder = await certificateFolder();
  const files = await folder.issue(memberNames("node1"));
  const env = { TLS_CERT: files.cert, TLS_KEY: files.key, TLS_CA: files.ca };
  const cluster = await startCluster({ nodes: 1, env });
  const [endpoints = ""] = cluster.endpoints;
  expect(endpoints).toMatch(/^https:/);
  const run = (words: readonly string[], trust: Record<string, string>) =>
    new Promise<{ readonly code: number; readonly text: string }>((resolve) => {
      const options = { env: { PATH: process.env["PATH"], KV_ENDPOINTS: endpoints, ...trust } };
      execFile(process.execPath, [kv, ...words], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
      );
    });
  try {
    const trust = { NODE_EXTRA_CA_CERTS: files.ca };
    const patient = ["--timeout", "60000"];
    expect(await run([...patient, "put", "a", "1"], trust)).toMatchObject({ code: 0 });
    expect(await run([...patient, "get", "a", "-o", "raw"], trust)).toEqual({
      code: 0,
      text: "1\n",
    });
    const refused = await run(["--timeout", "1000", "get", "a"], {});
    expect(refused).toMatchObject({ code: 4, text: expect.stringContaining("certificate") });
  } finally {
    await cluster.close();
  }
});
