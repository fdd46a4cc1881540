/** A generated Python client at a cluster of real processes, whose leader is killed while it writes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { need } from "../support/programs.ts";
import { pythonClient, pythonNeeds } from "./python.ts";

test("a Python client finds the next leader, and each of its writes takes effect once", async (context) => {
  need(context, pythonNeeds);
  const into = mkdtempSync(join(tmpdir(), "kv-python-"));
  onTestFinished(() => rmSync(into, { recursive: true, force: true }));
  const [program, ...args] = pythonClient("failover.py", into);
  const cluster = await startCluster({ followers: 2, failover: true, env: { WRITE_QUORUM: "1" } });
  onTestFinished(() => cluster.close());
  const ports = cluster.nodes.map(({ grpcPort }) => `${grpcPort}`);
  const client = spawn(program, [...args, ...ports], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(client, "exit");
  onTestFinished(() => void client.kill());
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  const said = async (): Promise<Record<string, unknown>> =>
    JSON.parse(`${(await lines.next()).value}`);

  expect(await said()).toEqual({
    repeat: { replayed: true, same: true },
    ...{ ordered: true, last: true },
    read: ["a", "1", true],
    view: ["1", null, "1"],
    listed: ["bulk/0", "bulk/1", "bulk/2"],
    healthy: { "": [true, true], reads: [true, true], writes: [true, false] },
  });
  const { leader } = await said();
  await cluster.nodes[Number(leader)]?.kill();
  const end = await said();
  expect(end).toMatchObject({ exact: true, lost: leader, watched: end["told"] });
  expect(end["found"]).not.toBe(leader);
  expect(await ended).toEqual([0, null]);
});
