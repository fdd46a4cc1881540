/**
 * Clients that try to fill the memory of a node, each on its own against a real process. While one does,
 * the node stays within bounds and serves others; when it has gone, nothing of it is left.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { credentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { KVClient } from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { HttpClient } from "../support/http-client.ts";
import { Attacker, field, grpcFrame } from "./attacker.ts";
import { ResidentWatch } from "./resident.ts";
import { openMany } from "./sockets.ts";

/** MiB that a node may take above what it takes when it is idle. */
const growthMiBMax = 150;
const mebibyte = 1024 * 1024;
/** What a call may take on a busy machine. */
const timeoutMs = 120_000;

let cluster: Cluster;
let restPort: number;
let grpcPort: number;
let memory: ResidentWatch;
const http = new HttpClient();
let attackers: Attacker[] = [];
let sockets: Socket[] = [];

beforeAll(async () => {
  cluster = await startCluster({ followers: 1, env: { WRITE_QUORUM: "1", LOG_LEVEL: "warn" } });
  restPort = Number(new URL(cluster.leader.url).port);
  grpcPort = cluster.leader.grpcPort;
  const value = "v".repeat(100_000);
  for (let number = 0; number < 30; number++) await put(`large/${number}`, value);
  // Code that is compiled, and memory that the runtime keeps, are no attacker's.
  for (let turn = 0; turn < 20; turn++) await getList();
  for (let turn = 0; turn < 50; turn++) await isServed();
});

afterAll(async () => {
  http.close();
  await cluster.close();
});

beforeEach(() => {
  onTestFailed(() => console.error(cluster.logTails()));
  memory = new ResidentWatch(cluster.leader.pid);
});

afterEach(async () => {
  memory.stop();
  for (const attacker of attackers) attacker.close();
  for (const socket of sockets) socket.destroy();
  [attackers, sockets] = [[], []];
  await untilFree();
  await isServed();
  const list = await getList();
  expect(list.status).toBe(200);
  console.info(`grew by ${memory.growthMiB.toFixed(0)} MiB above ${memory.idleMiB.toFixed(0)} MiB`);
  expect(memory.growthMiB).toBeLessThan(growthMiBMax);
  expect(cluster.nodes.every(({ isRunning }) => isRunning)).toBe(true);
});

const put = (key: string, value: unknown) =>
  http.ask(cluster.leader.url, { method: "PUT", path: "/write", body: { key, value }, timeoutMs });

const getList = () => fetch(`${cluster.leader.url}/read?prefix=large/&limit=1000`);

/** A write and a read of each kind, as an ordinary client makes them. */
async function isServed(): Promise<void> {
  const written = await put("ordinary", 1);
  expect(written).toMatchObject({ type: "answer", status: 200 });
  const read = { method: "GET", path: "/read?key=ordinary", timeoutMs } as const;
  expect(await http.ask(cluster.leader.url, read)).toMatchObject({ status: 200 });
  const client = new KVClient(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  const deadline = Date.now() + timeoutMs;
  await new Promise<void>((resolve, reject) => {
    const done = (error: Error | null) => (error === null ? resolve() : reject(error));
    client.write({ key: "ordinary", value: "2", options: undefined }, done).on("error", reject);
    void deadline;
  });
  await new Promise<void>((resolve, reject) => {
    client.read({ key: "ordinary" }, (error) => (error === null ? resolve() : reject(error)));
  });
  client.close();
}

const attack = async (window?: number): Promise<Attacker> => {
  const attacker = await Attacker.connect(grpcPort, window);
  attackers.push(attacker);
  return attacker;
};

/** The figure of /metrics, by name and label. */
async function figure(series: string): Promise<number> {
  const text = await fetch(`${cluster.leader.url}/metrics`).then((answer) => answer.text());
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.split(" ")[1]);
}

/** Waits until nothing is held for anybody. */
async function untilFree(): Promise<void> {
  const series = ['kv_held_bytes{what="requests"}', 'kv_held_bytes{what="answers"}'];
  series.push('kv_open{what="streams"}', 'kv_open{what="grpc_calls"}');
  for (const each of series) while ((await figure(each)) !== 0) await wait(20);
  // What the ordinary client has just closed may linger for a moment.
  while ((await figure('kv_open{what="grpc_connections"}')) > 0) await wait(20);
}

test("health watches of 40 names of 8 MiB", async () => {
  const attacker = await attack(65_535);
  const name = grpcFrame(field(1, "x".repeat(8 * mebibyte)));
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const stream = attacker.call("/grpc.health.v1.Health/Watch");
      for (let at = 0; at < name.length; at += mebibyte) {
        await attacker.pour(stream, name.subarray(at, at + mebibyte), 1);
      }
      stream.end();
    }),
  );
  await isServed();
});

test("health watches of very many names", async () => {
  const attacker = await attack(65_535);
  for (let round = 0; round < 20; round++) {
    const calls = Array.from({ length: 200 }, (_, number) => {
      const stream = attacker.call("/grpc.health.v1.Health/Watch");
      stream.end(grpcFrame(field(1, `${round}-${number}-`.padEnd(16_000, "x"))));
      return stream;
    });
    await Promise.all(calls.map((stream) => once(stream, "response")));
    for (const stream of calls) stream.destroy();
  }
  await isServed();
});

test("300 MiB of reflection answers that nobody reads", async () => {
  const attacker = await attack();
  const request = grpcFrame(field(4, "quorumkv.v1.KV"));
  const batch = Buffer.concat(Array<Buffer>(1000).fill(request));
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
      await attacker.pour(attacker.call(path), batch, 10);
    }),
  );
  await isServed();
});

test.each([
  ["a public method", "/quorumkv.v1.KV/Write"],
  ["a stream of requests", "/quorumkv.v1.KV/BulkWrite"],
  ["the method of nodes", "/quorumkv.v1.ReplicationService/Replicate"],
])("30 half-sent messages of 15 MiB to %s", async (_name, path) => {
  const piece = Buffer.alloc(mebibyte);
  for (const announced of [15 * mebibyte, 4 * mebibyte - 10]) {
    const half = Math.floor(announced / mebibyte) - 1;
    await Promise.all(
      Array.from({ length: 30 }, async () => {
        const attacker = await attack(65_535);
        const stream = attacker.call(path);
        stream.write(grpcFrame(Buffer.alloc(0), announced));
        await attacker.pour(stream, piece, half);
      }),
    );
    await isServed();
  }
});

test("messages that come a byte a frame", async () => {
  const attacker = await attack(65_535);
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const stream = attacker.call("/quorumkv.v1.KV/Write");
      stream.write(grpcFrame(Buffer.alloc(0), 3 * mebibyte));
      await attacker.pour(stream, Buffer.alloc(1), 50_000);
    }),
  );
  await isServed();
});

test("200 lists over gRPC with a closed window", async () => {
  const attacker = await attack();
  for (let number = 0; number < 200; number++) {
    const stream = attacker.call("/quorumkv.v1.KV/List");
    stream.end(grpcFrame(Buffer.concat([field(1, "large/"), Buffer.from([0x10, 0xe8, 0x07])])));
  }
  await figureAtLeast('kv_bound_refused_total{what="answers"}', 1);
  await isServed();
});

test("200 connections with 3 pipelined lists each that nobody reads", async () => {
  sockets = await openMany(restPort, 200);
  const request = "GET /read?prefix=large/&limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const socket of sockets) {
    socket.pause();
    socket.write(request.repeat(3));
  }
  await figureAtLeast('kv_bound_refused_total{what="answers"}', 1);
  for (let turn = 0; turn < 20; turn++) await isServed();
});

test("200 connections with bodies that are half sent", async () => {
  sockets = await openMany(restPort, 200);
  const head =
    "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n";
  const half = `{"key":"k","value":"${"x".repeat(1_500_000)}`;
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once("close", resolve);
          socket.write(head + half, () => resolve());
        }),
    ),
  );
  await isServed();
});

test("1,000 idle event streams of one address leave room for others", async () => {
  sockets = await openMany(restPort, 1000);
  for (const [index, socket] of sockets.entries()) {
    const path = index % 2 === 0 ? "/events" : "/watch?prefix=none";
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }
  await figureAtLeast('kv_open{what="streams"}', 1000);
  // One more of the same address is told to come later; the first ones go on.
  const refused = await fetch(`${cluster.leader.url}/watch?prefix=none`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  await refused.text();
  for (const path of ["/events", "/watch?prefix=none"]) {
    const other = connect({ port: restPort, host: "127.0.0.1", localAddress: "127.0.0.2" });
    other.on("error", () => undefined);
    sockets.push(other);
    other.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const [answer] = (await once(other, "data")) as [Buffer];
    expect(answer.toString("latin1")).toContain("HTTP/1.1 200 OK");
  }
  expect(await figure('kv_open{what="streams"}')).toBe(1000);
  await isServed();
});

async function figureAtLeast(series: string, least: number): Promise<void> {
  while (!((await figure(series)) >= least)) await wait(20);
}
