/** Six real nodes, any of which may lead: what they do when the leader is lost for good, or asked to go. */
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { NodeStatus } from "../../src/node/api.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { HttpClient, type Reply } from "../support/http-client.ts";
import type { NodeProcess } from "../support/node-process.ts";
import { type SteadyWriters, slowHandover, startSteadyWriters } from "../support/steady-writers.ts";
import { runCampaign } from "./campaign.ts";
import { partition } from "./failover-menu.ts";

const rounds = ["killActing", "freezeActing", "cutActing", "muteActing"];

test("the leader is killed, frozen or cut off, and writes go on without it", async () => {
  const lines: string[] = [];
  const seed = Number(process.env["SEED"] ?? 20_261_127);
  const campaign = { seed, rounds: rounds.length, first: rounds, electing: true };
  const report = await runCampaign({ ...campaign, log: (line) => lines.push(line) }).catch(
    (error: unknown) => {
      throw new Error(lines.join("\n"), { cause: error });
    },
  );
  expect(report.done).toMatchObject({ "kill -9": 1, SIGSTOP: 1 });
  expect(report.calls).toBeGreaterThan(100);
});

const codeOf = (reply: Reply): unknown =>
  reply.type === "answer" ? (reply.body?.["code"] ?? reply.status) : reply.type;

/** Whom the nodes call their leader. */
async function leadersOf({ nodes }: Cluster): Promise<readonly string[]> {
  const leaders = nodes.map(async ({ url }) => {
    const answer = await fetch(`${url}/status`);
    return ((await answer.json()) as NodeStatus).leader;
  });
  return [...new Set(await Promise.all(leaders))];
}

async function start(
  options: { readonly proxies?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{
  readonly cluster: Cluster;
  readonly client: HttpClient;
}> {
  const cluster = await startCluster({ disk: true, failover: true, ...options });
  const client = new HttpClient();
  onTestFinished(async () => {
    client.close();
    await cluster.close();
  });
  return { cluster, client };
}

/** So many keys are asked for at once. */
const READ_TOGETHER = 100;

/** What became of each of the values, as any node tells it that leads or knows the leader. */
async function readAll(
  client: HttpClient,
  node: NodeProcess,
  keys: readonly string[],
): Promise<readonly unknown[]> {
  const read = async (key: string): Promise<unknown> => {
    const path = `/read?key=${key}&consistency=linearizable`;
    const reply = await untilServed(() => client.ask(node.url, { method: "GET", path }));
    return reply.body?.["value"] ?? reply.status;
  };
  const values: unknown[] = [];
  for (let from = 0; from < keys.length; from += READ_TOGETHER) {
    values.push(...(await Promise.all(keys.slice(from, from + READ_TOGETHER).map(read))));
  }
  return values;
}

/** Asks again as long as it is refused for the moment: leadership may move at any time. */
async function untilServed(ask: () => Promise<Reply>): Promise<Reply & { type: "answer" }> {
  for (;;) {
    const reply = await ask();
    if (reply.type === "answer" && reply.status !== 503 && reply.status !== 421) {
      return reply;
    }
    await wait(50);
  }
}

test("three against three: neither side acknowledges or reads anything, and nothing is lost", async () => {
  const { cluster, client } = await start({
    proxies: true,
    // A read that nobody confirms is refused after TIMEOUT.
    env: { ELECTION_TIMEOUT: "2000", TIMEOUT: "3000" },
  });
  const write = (node: NodeProcess, key: string, quorum: number, timeoutMs: number) => {
    const body = { key, value: node.id, quorum, timeoutMs };
    return client.ask(node.url, { method: "PUT", path: "/write", body, timeoutMs: 120_000 });
  };
  /** Returns the node that acknowledged it. */
  const writeAtLeader = async (key: string, quorum: number): Promise<NodeProcess> => {
    let leader = cluster.leader;
    const written = await untilServed(async () => {
      leader = await cluster.untilLed();
      return write(leader, key, quorum, 60_000);
    });
    expect(written.status).toBe(200);
    return leader;
  };
  const acting = await writeAtLeader("before", 3);

  const companions = cluster.nodes.filter((node) => node !== acting).slice(0, 2);
  const side = [acting, ...companions];
  const how = { name: "break" };
  const cut = partition(cluster, side, { how, count: () => undefined });
  await cut.begin();
  // Three nodes are enough for phase 1 after writes with quorums of 3. Neither leader has the answers that it needs,
  // so each may be replaced within its half at any time, and refuses then.
  const refusals = [
    "OUTCOME_UNKNOWN",
    "QUORUM_UNAVAILABLE",
    "NOT_LEADER",
    "NO_LEADER",
    "RECOVERING",
  ];
  const other = await cluster.untilLed(side);
  for (const node of [acting, other]) {
    for (const quorum of [1, 2, 3]) {
      const reply = await write(node, `${node.id}-${quorum}`, quorum, 1500);
      expect(refusals, `${node.id}, quorum ${quorum}`).toContain(codeOf(reply));
    }
    const path = "/read?key=before&consistency=linearizable";
    const read = { method: "GET", path, timeoutMs: 120_000 } as const;
    expect(refusals, node.id).toContain(codeOf(await client.ask(node.url, read)));
  }

  await cut.heal();
  await cluster.untilReady();
  const leader = await writeAtLeader("after", 5);
  expect(await readAll(client, leader, ["before", "after"])).toEqual([acting.id, leader.id]);
  // All six follow one leader again.
  while (!/^\w+$/.test((await leadersOf(cluster)).join())) await wait(50);
});

/** The codes of the answers that leave an outcome unknown, and why connections broke without one. */
function sorted(unknown: SteadyWriters["unknown"]) {
  const replies = unknown.map(({ reply }) => reply);
  return {
    answered: replies.flatMap((reply) => (reply.type === "answer" ? [codeOf(reply)] : [])),
    broken: replies.flatMap((reply) => (reply.type === "broken" ? [reply.reason] : [])),
  };
}

/** How often a node that stopped could not wait for the writes in flight, or was not relieved in time. */
function slowHandovers({ nodes }: Cluster): number {
  const lines = nodes.flatMap((node) => node.logTail(100_000).split("\n"));
  return lines.filter((line) => slowHandover.test(line)).length;
}

test("a rolling restart of all six under load loses nothing, and shows no error but 421 and 503", async () => {
  // Nobody is replaced for being slow.
  const { cluster, client } = await start({ env: { ELECTION_TIMEOUT: "10000" } });
  const [first = cluster.leader, ...rest] = cluster.nodes;
  const urls = [first.url, ...rest.map(({ url }) => url)] as const;
  const count = 4;
  const writers = startSteadyWriters({ urls, writers: count, pauseMs: 5 });
  onTestFinished(() => writers.stop());
  await writers.progress(50);
  for (const node of cluster.nodes) {
    expect(await node.stop(), node.id).toBe(0);
    node.start();
    await node.untilReady();
    await writers.progress(50);
  }
  await writers.stop();
  const { answered, broken } = sorted(writers.unknown);
  // Each writer has one write in flight at a time.
  expect(answered.length, String(answered)).toBeLessThanOrEqual(count * slowHandovers(cluster));
  expect(new Set(answered)).toEqual(new Set(answered.length > 0 ? ["OUTCOME_UNKNOWN"] : []));
  // A client may send on a connection in the very moment in which its node ends.
  for (const reason of broken) expect(["ECONNRESET", "EPIPE"]).toContain(reason);
  const keys = [...writers.acknowledged.keys()];
  const values = await readAll(client, cluster.leader, keys);
  expect(values).toEqual([...writers.acknowledged.values()]);

  // All at once: nobody waits for another one.
  const codes = await Promise.all(cluster.nodes.map((node) => node.stop()));
  expect(new Set(codes)).toEqual(new Set([0]));
});
