import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";

let cluster: Cluster | undefined;
afterEach(() => cluster?.close());

const writers = 8;
const keys = 400;
/** So large that a checkpoint is due every few dozen writes, and log files come and go. */
const filling = "v".repeat(200_000);

interface Known {
  readonly version: number;
  readonly value: string;
}

test("kill -9 of all nodes while checkpoints run loses nothing that was answered", async () => {
  cluster = await startCluster({
    followers: 3,
    disk: true,
    env: { WRITE_QUORUM: "2", LOG_RETENTION: "100" },
  });
  const answered = new Map<string, Known>();
  for (let round = 1; round <= 2; round += 1) {
    await writeUntil(cluster, answered, (count) => count >= 300);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.untilReady();
    await expectEverything(cluster.leader.url, answered);
    await expectOneDigest(cluster);
  }
  // Without checkpoints, each node would still have the log of every write in its folder.
  const { dataDir } = cluster.leader.settings;
  const files = await readdir(join(dataDir, "log"));
  expect(files).not.toContain("00000000000000000001.log");
  expect((await stat(join(dataDir, "data.mdb"))).size).toBeGreaterThan(10_000_000);
});

/** Writes from several clients until there are enough answers, then kills every node at once. */
async function writeUntil(
  { leader, nodes }: Cluster,
  answered: Map<string, Known>,
  isEnough: (count: number) => boolean,
): Promise<void> {
  let [count, over] = [0, false];
  const client = async (): Promise<void> => {
    while (!over) {
      const key = `key ${Math.floor(Math.random() * keys)}`;
      const value = `${Math.random()} ${filling}`;
      const version = await put(leader.url, key, value).catch(() => undefined);
      if (version === undefined) continue;
      if (version > (answered.get(key)?.version ?? 0)) answered.set(key, { version, value });
      count += 1;
      if (!over && isEnough(count)) {
        over = true;
        await Promise.all(nodes.map((node) => node.kill()));
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, client));
}

async function put(url: string, key: string, value: string): Promise<number | undefined> {
  const body = JSON.stringify({ key, value });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/write`, { method: "PUT", body, headers });
  const text = await answer.text();
  return answer.ok ? (JSON.parse(text) as { version: number }).version : undefined;
}

/** Unanswered writes may be there as well, and newer: they have other versions. */
async function expectEverything(url: string, answered: Map<string, Known>): Promise<void> {
  for (const [key, { version, value }] of answered) {
    const answer = await fetch(`${url}/read?key=${encodeURIComponent(key)}`);
    const found = (await answer.json()) as { version: number; value: string };
    expect(found.version, key).toBeGreaterThanOrEqual(version);
    if (found.version === version) expect(found.value === value, key).toBe(true);
  }
}

async function expectOneDigest({ nodes }: Cluster): Promise<void> {
  const read = async (): Promise<Set<string>> => {
    const statuses = nodes.map(async ({ url }) => {
      const status = (await (await fetch(`${url}/status`)).json()) as Record<string, unknown>;
      return ["applied", "digest", "keys"].map((field) => status[field]).join(" ");
    });
    return new Set(await Promise.all(statuses));
  };
  let found = await read();
  while (found.size > 1) {
    await wait(100);
    found = await read();
  }
  expect([...found]).toHaveLength(1);
}
