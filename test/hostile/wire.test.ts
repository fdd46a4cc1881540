/**
 * What other nodes say is checked before it is believed: the real process of one node, and a stranger who speaks as
 * its leader or as its follower, with messages that no honest node sends.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { numberMax } from "../../src/replication/bounds.ts";
import type { FollowerMessage, LeaderMessage, Member } from "../../src/replication/types.ts";
import { digestOf } from "../../src/storage/standing.ts";
import { type LeaderEnd, startFollower, startLeader } from "../support/link-ends.ts";
import { NodeProcess } from "../support/node-process.ts";
import { findPorts } from "../support/ports.ts";
import { ask } from "../support/rest.ts";

type Answer<Type extends FollowerMessage["type"]> = Extract<FollowerMessage, { type: Type }>;

/** Starts the real process of a node on a disk, one of leader and follower1. */
async function startNode(id: "leader" | "follower1", peerPort = 1) {
  const [port = 0, grpcPort = 0] = await findPorts(2);
  const directory = mkdtempSync(join(tmpdir(), "kv-wire-"));
  const dataDir = join(directory, "data");
  const [leaderPort, followerPort] = id === "leader" ? [grpcPort, peerPort] : [peerPort, grpcPort];
  const env = {
    PATH: process.env["PATH"] ?? "",
    NODE_ID: id,
    // Another address of this machine, so that it can be told from the stranger's.
    NODES: `leader=127.0.0.2:${leaderPort},follower1=127.0.0.1:${followerPort}`,
    LEADER: "leader",
    FAILOVER: "0",
    WRITE_QUORUM: "1",
    PORT: String(port),
    GRPC_PORT: String(grpcPort),
    DATA_DIR: dataDir,
    LOG_LEVEL: "warn",
  };
  const logFile = join(directory, "log");
  const node = new NodeProcess({ id, port, grpcPort, env, dataDir, logFile });
  onTestFinished(async () => {
    await node.kill();
    rmSync(directory, { recursive: true });
  });
  node.start();
  await node.until("/livez", () => true);
  return node;
}

const member = (id: string, url = "http://127.0.0.1:1"): Member => ({ id, url, peerUrl: url });

/** As a former version would, which knows of no cluster ids: no id is confirmed here. */
const prepare = (epoch: number, members: readonly Member[] = []) => {
  const who = { leader: "leader", to: "follower1", members, nodes: [] };
  return { type: "prepare", elected: false, epoch, ...who } as const;
};

/** The next message of that type. */
async function answered<Type extends FollowerMessage["type"]>(
  end: LeaderEnd,
  type: Type,
): Promise<Answer<Type>> {
  const isIt = (message: FollowerMessage): message is Answer<Type> => message.type === type;
  await end.until(({ received }) => received.some(isIt));
  const found = end.received.find(isIt);
  if (found === undefined) throw new Error("it was there");
  end.received.splice(0, end.received.indexOf(found) + 1);
  return found;
}

/** Leads the follower from what it has applied, as an honest leader would. */
async function lead(end: LeaderEnd, epoch: number, replace = false) {
  end.link.send(prepare(epoch));
  const promise = await answered(end, "promise");
  end.link.send({ type: "lead", epoch, completeAt: 0, replace });
  await answered(end, "floorReceipt");
  return promise;
}

const entry = (sequence: number, epoch: number, key: string, value = "1") => ({
  ...{ sequence, epoch, origin: epoch },
  operations: [{ key, value }],
});

/** One committed entry, as an honest leader sends it. */
async function write(end: LeaderEnd, sequence: number, epoch: number): Promise<void> {
  const entries = [entry(sequence, epoch, `key${sequence}`)];
  end.link.send({ type: "append", epoch, entries, committed: sequence });
  await answered(end, "acks");
}

test("a message that no honest leader sends ends its stream, is logged, and changes nothing", async () => {
  const node = await startNode("follower1");
  const leader = startLeader(node.grpcPort);
  const commits = (key: string, value?: string): LeaderMessage => {
    return { type: "append", epoch: 5, entries: [entry(1, 5, key, value)], committed: 1 };
  };
  const tries: readonly [LeaderMessage, string][] = [
    [prepare(2 ** 53 - 1), `prepare.epoch is ${2 ** 53 - 1}; it must be a whole number from 1`],
    [commits("k".repeat(5000)), "append.entries[0].operations[0].key is"],
    [commits("k", "not JSON"), String.raw`value is \"not JSON\"; it must be JSON text`],
    [{ ...prepare(6), leader: "stranger" }, "must be a member of NODES: leader, follower1"],
  ];
  for (const [message, sentence] of tries) {
    const end = await leader.links.next();
    await lead(end, 5);
    end.link.send(message);
    await end.until(({ closings }) => closings > 0);
    expect(end.reason).toContain("malformed message");
    await node.untilLogged(sentence);
  }
  expect((await ask(node.url, "/status")).json).toMatchObject({ epoch: 5, last: 0, applied: 0 });
  // It starts again, and follows its leader.
  const before = await leader.links.next();
  await node.kill();
  await before.until(({ closings }) => closings > 0);
  node.start();
  const end = await leader.links.next();
  await lead(end, 6);
  await write(end, 1, 6);
  await node.until("/livez", () => true);
  await node.until<{ applied: number }>("/status", ({ applied }) => applied === 1);
});

test("an epoch that leaps too far is not promised, and the next honest one is", async () => {
  const node = await startNode("follower1");
  const end = await startLeader(node.grpcPort).links.next();
  await lead(end, 5);
  await write(end, 1, 5);
  for (const epoch of [5 + 2 ** 32 + 1, numberMax]) {
    end.link.send(prepare(epoch));
    expect((await answered(end, "refusal")).reason).toContain("more than 4294967296 above 5");
  }
  expect((await lead(end, 2_000_000)).epoch).toBe(2_000_000);
});

test("no snapshot empties a node that was not told that its store is replaced", async () => {
  const node = await startNode("follower1");
  const end = await startLeader(node.grpcPort).links.next();
  await lead(end, 5);
  await write(end, 1, 5);
  await write(end, 2, 5);
  await node.until<{ applied: number }>("/status", ({ applied }) => applied === 2);
  const { digest } = (await ask(node.url, "/status")).json;
  const empty = { digest: digestOf([]), history: undefined };
  const records = [{ key: "forged", value: "1", version: 3, origin: 5 }];
  const tries = [
    { records: [], end: { ...empty, applied: 0 }, reason: "this node has applied 2" },
    { records: [], end: { ...empty, applied: 1 }, reason: "this node has applied 2" },
    { records, end: { ...empty, applied: 9 }, reason: "its end says 0000000000000000" },
    { records, end: { digest: digestOf(records), history: undefined, applied: 2 }, reason: "3" },
  ];
  for (const [index, { records: sent, end: said, reason }] of tries.entries()) {
    const chunk = { type: "snapshotChunk", epoch: 5, snapshot: index + 1 } as const;
    end.link.send({ ...chunk, index: 0, records: sent });
    end.link.send({ ...chunk, index: 1, records: [], end: said });
    expect((await answered(end, "refusal")).reason).toContain(reason);
  }
  const { json } = await ask(node.url, "/status");
  expect(json).toMatchObject({ applied: 2, keys: 2, digest });
  await node.untilLogged("a snapshot of leader was dropped");
});

test("requests for a member go to the host that NODES names, with whatever URL it announces", async () => {
  const seen: { readonly at: string; readonly headers: IncomingMessage["headers"] }[] = [];
  const serve = async (host: string, port = 0) => {
    const server = createServer((request, response) => {
      seen.push({ at: host, headers: request.headers });
      response.end("{}");
    });
    server.listen(port, host);
    await once(server, "listening");
    onTestFinished(() => void server.close());
    return (server.address() as AddressInfo).port;
  };
  const port = await serve("127.0.0.1");
  await serve("127.0.0.2", port);
  const node = await startNode("follower1");
  const end = await startLeader(node.grpcPort).links.next();
  const stranger = {
    id: "leader",
    url: "javascript:alert(1)",
    peerUrl: `http://127.0.0.1:${port}`,
  };
  end.link.send(prepare(5, [stranger]));
  await answered(end, "promise");
  const headers = { cookie: "session=secret", authorization: "Bearer secret" };
  for (const path of ["/nodes/leader/status", "/nodes/@leader/read?key=a", "/cluster"])
    await ask(node.url, path, { headers });
  expect(seen.map(({ at }) => at)).toEqual(["127.0.0.2", "127.0.0.2", "127.0.0.2"]);
  expect(seen[0]?.headers.authorization).toBe(headers.authorization);
  const body = { key: "a", value: 1 };
  const refused = await ask(node.url, "/write", { method: "PUT", body });
  expect(refused).toMatchObject({ status: 421, json: { leader: "leader", leaderUrl: "" } });
  expect(JSON.stringify(refused.json)).not.toContain("javascript");
});

test("a refusal with an epoch that nobody can have promised deposes no leader", async () => {
  const follower = await startFollower();
  const node = await startNode("leader", follower.port);
  let there = await follower.links.next();
  const promised = async () => {
    await there.until(({ received }) => received.some(({ type }) => type === "prepare"));
    const asked = there.received.findLast((message) => message.type === "prepare");
    there.received.length = 0;
    there.link.send({
      ...{ type: "promise", epoch: asked?.epoch ?? 0, applied: 0, last: 0, blank: true },
      ...{ digest: digestOf([]), member: member("follower1"), incarnation: "1" },
      ...{ history: digestOf([]), followedEpoch: 0 },
    });
  };
  const untilLed = async () => {
    while (!there.received.some(({ type }) => type === "lead")) {
      await promised();
      await there.until(({ received }) => received.length > 0);
    }
  };
  await untilLed();
  const { epoch } = (await ask(node.url, "/status")).json;
  const refusal = { type: "refusal", promisedLeader: "follower1", reason: "" } as const;
  there.link.send({ ...refusal, promisedEpoch: 2 ** 40 });
  there.link.send({ ...refusal, promisedEpoch: 2 ** 53 - 1 });
  // The second one ends the stream, and the leader opens another.
  await there.until(({ closings }) => closings > 0);
  there = await follower.links.next();
  await untilLed();
  expect((await ask(node.url, "/status")).json).toMatchObject({ role: "leader", epoch });
  await node.untilLogged("refusal.promisedEpoch is 9007199254740991");
});
