/**
 * Clients that try to fill the memory of a node, each on its own against a real process. While one does,
 * the node stays within bounds and serves others; when it has gone, nothing of it is left.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "vitest";
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
let http: HttpClient;
let attackers: Attacker[] = [];
let sockets: Socket[] = [];

/** A node of its own for each: what one attack leaves in the runtime is not the idle memory of the next. */
beforeEach(async () => {
  cluster = await startCluster({ followers: 0, env: { WRITE_QUORUM: "0", LOG_LEVEL: "warn" } });
  http = new HttpClient();
  restPort = Number(new URL(cluster.leader.url).port);
  grpcPort = cluster.leader.grpcPort;
  const value = "v".repeat(100_000);
  for (let number = 0; number < 30; number++) await put(`large/${number}`, value);
  for (let turn = 0; turn < 20; turn++) await isServed();
  await untilFree();
  memory = new ResidentWatch(cluster.leader.pid);
});

afterEach(async () => {
  for (const attacker of attackers) attacker.close();
  for (const socket of sockets) socket.destroy();
  [attackers, sockets] = [[], []];
  try {
    await untilFree();
    await isServed();
    expect((await getList()).status).toBe(200);
    memory.stop();
    const growth = `grew by ${memory.growthMiB.toFixed(0)} MiB above ${memory.idleMiB.toFixed(0)} MiB`;
    console.info(growth);
    expect(memory.growthMiB).toBeLessThan(growthMiBMax);
    expect(cluster.leader.isRunning).toBe(true);
  } finally {
    memory.stop();
    http.close();
    await cluster.close();
  }
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
  const answered = (call: (done: (error: Error | null) => void) => unknown) =>
    new Promise<void>((resolve, reject) =>
      call((error) => (error === null ? resolve() : reject(error))),
    );
  await answered((done) => client.write({ key: "ordinary", value: "2", options: undefined }, done));
  await answered((done) => client.read({ key: "ordinary" }, done));
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
  series.push('kv_open{what="grpc_connections"}');
  for (const each of series) while ((await figure(each)) !== 0) await wait(20);
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
  let attacker = await attack(65_535);
  for (let round = 0; round < 20; round++) {
    // The library of the node ends a session whose client resets about 1,000 streams at once.
    if (round % 4 === 3) attacker = await attack(65_535);
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

test.each([
  ["one by one", (write: Buffer) => Buffer.concat(Array<Buffer>(1024).fill(grpcFrame(write)))],
  [
    "in one message",
    (write: Buffer) => grpcFrame(Buffer.concat(Array<Buffer>(1024).fill(field(4, write)))),
  ],
])(
  "1,000 streams of 1,024 writes each, sent %s, that leave their answers unread",
  async (_, sent) => {
    const attacker = await attack();
    // Without operations, which its answer explains at length.
    const writes = sent(Buffer.from([0x08, 0x01]));
    for (let number = 0; number < 1000; number++)
      attacker.call("/quorumkv.v1.KV/BulkWrite").write(writes);
    await figureAtLeast('kv_bound_refused_total{what="answers"}', 1);
    await isServed();
  },
);

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

test("whatever clients hold of a node's port, its leader gets through", async () => {
  const pair = await startCluster({ followers: 1, proxies: true, env: { WRITE_QUORUM: "1" } });
  try {
    const [follower] = pair.followers;
    if (follower === undefined) throw new Error("there is a follower");
    const piece = Buffer.alloc(mebibyte);
    const idle = await openMany(follower.grpcPort, 2100);
    const halves = await Promise.all(
      Array.from({ length: 80 }, async () => {
        const attacker = await Attacker.connect(follower.grpcPort, 65_535);
        const stream = attacker.call("/quorumkv.v1.ReplicationService/Replicate");
        stream.write(grpcFrame(Buffer.alloc(0), 15 * mebibyte));
        await attacker.pour(stream, piece, 3);
        return attacker;
      }),
    );
    // The stream that is open goes on, and another one can be opened.
    for (const isCut of [false, true]) {
      if (isCut) pair.link("follower1").cut();
      const body = { key: "k", value: 1, timeoutMs };
      // Refused until the leader has opened the other one.
      const write = () =>
        http.ask(pair.leader.url, { method: "PUT", path: "/write", body, timeoutMs });
      await pair.untilReady();
      let written = await write();
      while (isCut && "status" in written && written.status === 503) {
        await wait(20);
        written = await write();
      }
      expect(written).toMatchObject({ status: 200 });
    }
    for (const attacker of halves) attacker.close();
    for (const socket of idle) socket.destroy();
  } finally {
    await pair.close();
  }
});
