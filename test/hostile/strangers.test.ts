/** A node of another cluster is refused by name, and changes nothing: with real processes, sockets and disks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFailed, onTestFinished, test } from "vitest";
import type { ClusterView, NodeStatus } from "../../src/node/api.ts";
import { openDiskStorage } from "../../src/storage/disk/disk.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { TestClient } from "../support/kv-client.ts";
import { NodeProcess } from "../support/node-process.ts";
import { findPorts } from "../support/ports.ts";

const refusedByName = "is no node of this cluster and is refused";
const modes = [{ failover: false }, { failover: true }] as const;

async function startOne(failover: boolean): Promise<Cluster> {
  const env = { LOG_LEVEL: "info", WRITE_QUORUM: "2" };
  const cluster = await startCluster({ followers: 2, disk: true, failover, env });
  onTestFinished(() => cluster.close());
  onTestFailed(() => console.error(cluster.logTails()));
  return cluster;
}

/** As the try went that took a cluster over: it calls itself `leader`, and names a follower of the cluster. */
async function strangerOf(cluster: Cluster, failover: boolean): Promise<NodeProcess> {
  const [port = 0, grpcPort = 0] = await findPorts(2);
  const [follower] = cluster.followers;
  const dataDir = join(cluster.directory, "stranger");
  const env = {
    PATH: process.env["PATH"] ?? "",
    NODE_ID: "leader",
    NODES: `leader=127.0.0.1:${grpcPort},follower1=127.0.0.1:${follower?.grpcPort}`,
    LEADER: "leader",
    FAILOVER: failover ? "1" : "0",
    ELECTION_TIMEOUT: "1000",
    WRITE_QUORUM: "1",
    LOG_LEVEL: "info",
    PORT: String(port),
    GRPC_PORT: String(grpcPort),
    DATA_DIR: dataDir,
  };
  const logFile = join(cluster.directory, "stranger.log");
  const stranger = new NodeProcess({ id: "leader", port, grpcPort, env, dataDir, logFile });
  onTestFinished(() => stranger.kill());
  onTestFailed(() => console.error(stranger.logTail()));
  return stranger;
}

const put = async (node: NodeProcess, key: string, quorum: number) => {
  const client = new TestClient(node.grpcPort);
  await client.put(key, "1", { quorum }).finally(() => client.close());
};

const has = async (node: NodeProcess, key: string): Promise<boolean> => {
  const response = await fetch(`${node.url}/read?key=${key}&consistency=local`);
  return response.ok;
};

const linesOf = (node: NodeProcess, text: string): readonly string[] =>
  readFileSync(node.settings.logFile, "utf8")
    .split("\n")
    .filter((line) => line.includes(text));

/** Looks into its log whenever it has answered a call. */
const logs = (node: NodeProcess, text: string, times = 1): Promise<unknown> =>
  node.until("/livez", () => linesOf(node, text).length >= times);

const belongs = (node: NodeProcess): Promise<NodeStatus> =>
  node.until<NodeStatus>("/status", ({ cluster }) => cluster?.confirmed === true);

test.each(modes)(
  "a healthy cluster goes on while a stranger claims its follower: %o",
  async ({ failover }) => {
    const cluster = await startOne(failover);
    const [follower = cluster.leader] = cluster.followers;
    const before = await belongs(follower);
    const { pid } = cluster.leader;
    const stranger = await strangerOf(cluster, failover);

    // Without data it has no id. With FAILOVER=1 it does not even ask to lead.
    stranger.start();
    if (failover) await logs(stranger, "this node has no data and waits for the leader of cluster");
    else {
      const isRefused = ({ nodes }: ClusterView) =>
        nodes.some(({ refusal }) => refusal.includes("belongs to no cluster"));
      await stranger.until("/cluster", isRefused);
      await logs(stranger, "follower1: stream closed", 3);
      expect(linesOf(follower, refusedByName)).toHaveLength(1);
      expect(linesOf(stranger, "refuses to follow this leader")).toHaveLength(1);
    }
    await put(cluster.leader, "while-claimed", 2);
    await stranger.kill();

    // With data and an id of its own.
    const alone = { NODES: `leader=127.0.0.1:${stranger.grpcPort}`, WRITE_QUORUM: "0" };
    stranger.wipe();
    stranger.start({ env: alone });
    const other = await belongs(stranger);
    expect(other.cluster?.id).not.toBe(before.cluster?.id);
    await put(stranger, "theirs", 0);
    await stranger.kill();
    stranger.start({ env: {} });
    await logs(stranger, `${refusedByName}: leader belongs to cluster ${other.cluster?.id}`);
    await logs(follower, `leader belongs to cluster ${other.cluster?.id}`);

    await put(cluster.leader, "after", 2);
    expect(cluster.leader.pid).toBe(pid);
    const after = await belongs(follower);
    expect(after).toMatchObject({ epoch: before.epoch, cluster: before.cluster });
    expect(await has(follower, "theirs")).toBe(false);
    await follower.kill();
    const disk = await openDiskStorage({ directory: follower.settings.dataDir });
    const { promisedEpoch, promisedLeader, cluster: held } = disk.hardState();
    await disk.close();
    expect({ promisedEpoch, promisedLeader, held }).toEqual({
      promisedEpoch: before.epoch,
      promisedLeader: "leader",
      held: before.cluster,
    });
  },
);

test.each(modes)(
  "folders of two clusters, mixed up, lose no acknowledged key: %o",
  async ({ failover }) => {
    const [ours, theirs] = [await startOne(failover), await startOne(failover)];
    await put(ours.leader, "ours", 2);
    await put(theirs.leader, "theirs", 2);
    const { cluster: ourId } = await belongs(ours.leader);
    for (const node of theirs.nodes) await belongs(node);
    for (const node of [...ours.nodes, ...theirs.nodes]) await node.stop();

    // Our leader's folder comes to their followers.
    const { settings } = theirs.leader;
    const { dataDir } = ours.leader.settings;
    const mixed = new NodeProcess({
      ...settings,
      ...{ dataDir, env: { ...settings.env, DATA_DIR: dataDir } },
    });
    onTestFinished(() => mixed.kill());
    for (const node of [mixed, ...theirs.followers]) node.start();
    for (const node of theirs.followers) await logs(node, `leader belongs to cluster ${ourId?.id}`);
    await logs(mixed, `follower1 ${refusedByName}: leader belongs to cluster ${ourId?.id}`);
    await logs(mixed, `follower2 ${refusedByName}: leader belongs to cluster ${ourId?.id}`);
    expect(await has(mixed, "theirs")).toBe(false);
    for (const node of theirs.followers) expect(await has(node, "ours")).toBe(false);
    for (const node of [mixed, ...theirs.followers]) await node.stop();

    // Each folder where it belongs: nothing is lost.
    for (const [cluster, key] of [
      [ours, "ours"],
      [theirs, "theirs"],
    ] as const) {
      for (const node of cluster.nodes) node.start();
      await cluster.untilReady();
      await cluster.leader.until(`/read?key=${key}`, () => true);
      for (const node of cluster.nodes) await node.stop();
    }
  },
);
