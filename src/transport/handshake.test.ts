/** CLUSTER_SECRET between real ends of real streams. */
import { once } from "node:events";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { startFollower, startLeader } from "../../test/support/link-ends.ts";
import { pacedLinesMax } from "../node/paced-log.ts";
import type { Log } from "../node/ports.ts";
import type { LeaderMessage } from "../replication/types.ts";
import { encodeLeaderMessage } from "./codec.ts";
import {
  ReplicateRequest,
  ReplicationServiceService,
} from "./generated/quorumkv/v1/replication.ts";
import { isProof, newNonce, proofOf } from "./secret.ts";

const secret = "correct horse battery";
const other = "another long secret";
const fetchLog: LeaderMessage = { type: "fetchLog", epoch: 1, from: 1 };

/** Warnings, and a way to wait for the next one. */
function listening() {
  const lines: string[] = [];
  let check = () => {};
  const silent = { debug() {}, info() {}, error() {} };
  const attempts = { count: 0 };
  const log: Log = {
    ...silent,
    warn: (_, line) => {
      lines.push(line);
      check();
    },
    debug: () => {
      attempts.count += 1;
      check();
    },
  };
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise<void>((resolve) => (check = resolve));
  };
  return { lines, log, attempts, until };
}

describe("a stream opens", () => {
  test.each([
    ["both have the same secret", [secret], [secret]],
    ["the dialler proves with the old one while it is replaced", [other, secret], [secret, other]],
    ["nobody has one", [], []],
  ])("if %s", async (_, dialling, accepting) => {
    const follower = await startFollower(0, { secrets: accepting });
    const leader = startLeader(follower.port, { secrets: dialling });
    const here = await leader.links.next();
    here.link.send(fetchLog);
    const there = await follower.links.next();
    await there.until(({ received }) => received.length === 1);
    expect(there.received).toEqual([fetchLog]);
    there.link.send({ type: "wantMark", epoch: 1, number: 1 });
    await here.until(({ received }) => received.length === 1);
  });
});

describe("no stream opens, each side says why once, and the dialler goes on trying", () => {
  test.each([
    {
      if: "the secrets differ",
      ...{ dialling: [other], accepting: [secret] },
      said: "its CLUSTER_SECRET is not the one of this node",
      heard: "its CLUSTER_SECRET is not the one of this node",
    },
    {
      if: "only the dialler has one",
      ...{ dialling: [secret], accepting: [] },
      said: "CLUSTER_SECRET is not set on follower1",
      heard: "CLUSTER_SECRET is set on that node and not on this one",
    },
    {
      if: "only the acceptor has one",
      ...{ dialling: [], accepting: [secret] },
      said: "CLUSTER_SECRET is set on follower1",
      heard: "CLUSTER_SECRET is set on this node and not on that one",
    },
  ])("if $if", async ({ dialling, accepting, said, heard }) => {
    const here = listening();
    const there = listening();
    const follower = await startFollower(0, { secrets: accepting, log: there.log });
    const leader = startLeader(follower.port, { secrets: dialling, log: here.log });
    await here.until(() => here.attempts.count >= 4);
    await there.until(() => there.lines.length > 0);
    expect(here.lines).toHaveLength(1);
    expect(here.lines[0]).toContain(`follower1: replication stream refused`);
    expect(here.lines[0]).toContain(said);
    expect(there.lines).toHaveLength(1);
    expect(there.lines[0]).toMatch(/^leader\b/);
    expect(there.lines[0]).toContain(heard);
    expect([leader.links.opened, follower.links.opened]).toEqual([0, 0]);
    expect(JSON.stringify([here.lines, there.lines])).not.toContain(secret);
  });
});

const newClient = (port: number): Client => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
};

/** A dialler that knows no secret, and says what it likes. */
async function intrude(port: number, messages: readonly Buffer[], client = newClient(port)) {
  const metadata = new Metadata();
  metadata.set("kv-from", "leader");
  const dialerNonce = newNonce();
  metadata.set("kv-nonce", dialerNonce);
  const asIs = (bytes: Buffer) => bytes;
  const { path } = ReplicationServiceService.replicate;
  const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata);
  const ended = once(call, "error").then(([error]) => (error as ServiceError).code);
  const [headers] = (await once(call, "metadata")) as [Metadata];
  for (const bytes of messages) call.write(bytes);
  return { call, headers, dialerNonce, ended };
}

test("a stream that breaks off before its proof says nothing of its secret", async () => {
  const there = listening();
  const { port } = await startFollower(0, { secrets: [secret], log: there.log });
  const client = newClient(port);
  const first = await intrude(port, [], client);
  first.call.cancel();
  expect(await first.ended).toBe(status.CANCELLED);
  // On the same connection, so the end of the first one has arrived before this.
  const second = await intrude(port, [Buffer.alloc(0)], client);
  expect(await second.ended).toBe(status.UNAUTHENTICATED);
  expect(there.lines).toEqual([
    expect.stringContaining("its CLUSTER_SECRET is not the one of this node"),
  ]);
});

test("both ends are told that a proof came too late, not that the secret is another one", async () => {
  const there = listening();
  const { port } = await startFollower(0, { secrets: [secret], log: there.log });
  const { call } = await intrude(port, []);
  const [{ details }] = (await once(call, "error")) as [ServiceError];
  expect(details).toMatch(/^no proof of CLUSTER_SECRET came to follower1 within \d+ ms$/);
  expect(there.lines).toEqual([expect.stringMatching(/no proof of CLUSTER_SECRET came within/)]);
});

test("whatever names strangers give themselves, they cause few lines", async () => {
  const there = listening();
  const { port } = await startFollower(0, { secrets: [secret], log: there.log });
  const client = newClient(port);
  const { path } = ReplicationServiceService.replicate;
  const asIs = (bytes: Buffer) => bytes;
  for (let number = 0; number < 4 * pacedLinesMax; number++) {
    const metadata = new Metadata();
    metadata.set("kv-from", `stranger${number}`);
    const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata);
    const [error] = (await once(call, "error")) as [ServiceError];
    expect(error.code).toBe(status.UNAUTHENTICATED);
  }
  expect(there.lines).toHaveLength(pacedLinesMax);
});

test("without the proof no message reaches the rules, whatever comes first", async () => {
  const follower = await startFollower(0, { secrets: [secret] });
  const forged = { $case: "hello", value: { proof: Buffer.alloc(32) } } as const;
  const hello = Buffer.from(ReplicateRequest.encode({ message: forged }).finish());
  for (const first of [
    encodeLeaderMessage(fetchLog),
    hello,
    Buffer.from([0x6a]),
    Buffer.alloc(0),
  ]) {
    const { ended } = await intrude(follower.port, [first, encodeLeaderMessage(fetchLog)]);
    expect(await ended).toBe(status.UNAUTHENTICATED);
  }
  expect(follower.links.opened).toBe(0);
});

test("a long message is not even decoded, though it holds the proof: entries of no bytes take a hundred times their length", async () => {
  const follower = await startFollower(0, { secrets: [secret] });
  const { call, headers, dialerNonce, ended } = await intrude(follower.port, []);
  const acceptorNonce = String(headers.get("kv-nonce")[0]);
  const exchange = { from: "leader", to: "follower1", dialerNonce, acceptorNonce };
  const message = { $case: "hello", value: { proof: proofOf(secret, "dial", exchange) } } as const;
  const hello = ReplicateRequest.encode({ message }).finish();
  // Field 3 of a request is an append, field 2 of that an entry. Of the two messages in one the last counts.
  const append = Buffer.concat([
    Buffer.from([0x1a, 0x88, 0x27]),
    Buffer.from("1200".repeat(2500), "hex"),
  ]);
  const long = Buffer.concat([append, hello]);
  expect(ReplicateRequest.decode(long).message?.$case).toBe("hello");
  call.write(long);
  const opened = follower.links.next().then(() => "opened");
  expect(await Promise.race([ended, opened])).toBe(status.UNAUTHENTICATED);
});

test("the acceptor's own proof, sent back, proves nothing", async () => {
  const follower = await startFollower(0, { secrets: [secret] });
  const { headers } = await intrude(follower.port, []);
  const [proof] = headers.get("kv-proof-bin");
  const message = { $case: "hello", value: { proof: proof as Buffer } } as const;
  const hello = Buffer.from(ReplicateRequest.encode({ message }).finish());
  const { ended } = await intrude(follower.port, [hello]);
  expect(await ended).toBe(status.UNAUTHENTICATED);
});

test("a proof is for one side, one exchange and one secret", () => {
  const exchange = { from: "a", to: "b", dialerNonce: newNonce(), acceptorNonce: newNonce() };
  const proof = proofOf(secret, "dial", exchange);
  const side = "dial" as const;
  expect(isProof(proof, [other, secret], { side, exchange })).toBe(true);
  expect(isProof(proof, [other], { side, exchange })).toBe(false);
  expect(isProof(proof, [secret], { side: "accept", exchange })).toBe(false);
  expect(isProof(proof.subarray(1), [secret], { side, exchange })).toBe(false);
  for (const change of [{ from: "c" }, { to: "c" }, { dialerNonce: newNonce() }]) {
    const changed = { ...exchange, ...change };
    expect(isProof(proof, [secret], { side, exchange: changed })).toBe(false);
  }
});
