import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Storage } from "../../src/node/ports.ts";
import { openDiskStorage } from "../../src/storage/disk/disk.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { runCli } from "./run-cli.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

test("diff finds what was done to a follower's disk while it was down, and names each class", async () => {
  cluster = await startCluster({ followers: 2, disk: true, env: { WRITE_QUORUM: "2" } });
  const { leader } = cluster;
  for (const key of ["a", "b", "c", "d"]) await put(leader.url, key, `${key} is right`);
  expect((await runCli("diff", "--target", leader.url, "--wait", "600000")).code).toBe(0);

  const victim = cluster.node("follower2");
  await victim.kill();
  const storage = await openDiskStorage({ directory: victim.settings.dataDir });
  await corrupt(storage);
  await storage.close();
  victim.start();
  await victim.untilReady();

  const directory = await mkdtemp(join(tmpdir(), "quorum-kv-diff-"));
  const found = await runCli("diff", "--target", leader.url, "--json", "--out", directory);
  expect(found.code).toBe(1);
  const [healthy, broken] = JSON.parse(found.stdout).followers;
  expect(healthy).toMatchObject({ node: "follower1", identical: true, method: "digest" });
  expect(broken).toMatchObject({
    node: "follower2",
    identical: false,
    counts: { missing: 1, stale: 1, diverged: 1, extra: 1 },
  });
  const text = await readFile(join(directory, "follower2.diff"), "utf8");
  await rm(directory, { recursive: true });
  expect(text).toContain('@@ missing "a" @@\n-"a is right"  (version 1)\n');
  expect(text).toContain('@@ stale "b" @@\n-"b is right"  (version 2)\n+"b is right"  (version 1)');
  expect(text).toContain(
    '@@ diverged "c" @@\n-"c is right"  (version 3)\n+"c is wrong"  (version 3)',
  );
  expect(text).toContain('@@ extra "e" @@\n+"e is odd"  (version 4)');
});

async function put(url: string, key: string, value: string) {
  const body = JSON.stringify({ key, value });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/write`, { method: "PUT", body, headers });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Puts another store in place of the right one, at the same applied mark. */
async function corrupt(storage: Storage): Promise<void> {
  const { applied, history } = storage.summary();
  const hardState = storage.hardState();
  const record = (key: string, version: number, value: string) => {
    const origin = storage.get("a")?.origin ?? 1;
    return { key, version, value: JSON.stringify(value), origin };
  };
  const records = [
    record("b", 1, "b is right"),
    record("c", 3, "c is wrong"),
    record("d", 4, "d is right"),
    record("e", 4, "e is odd"),
  ];
  const digest = "0123456789abcdef";
  storage.incoming.begin();
  await done((end) => storage.incoming.add(records, end));
  await done((end) => storage.incoming.install({ applied, digest, history, hardState }, end));
}

const done = (run: (end: (fault: { reason: string } | undefined) => void) => void) =>
  new Promise<void>((resolve, reject) => {
    run((fault) => (fault === undefined ? resolve() : reject(new Error(fault.reason))));
  });
