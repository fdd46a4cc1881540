/**
 * Whatever arrives, every answer is from the documented table, the nodes stay up within bounds, and
 * a well-behaved client notices nothing. `HOSTILE_SECONDS=600` spends that long on each fuzzer.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, onTestFailed, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { readAll } from "../support/raw-client.ts";
import { documented, findFault, parse } from "./documented.ts";
import { rawBytes, wildBulkWrite, wildMessage } from "./messages.ts";
import { memoryMiBMax } from "./nodes.ts";
import { send, wildPut, wildRequest } from "./requests.ts";
import { type Drip, drip, open, openMany, sendRaw } from "./sockets.ts";
import { WellBehavedClient } from "./well-behaved.ts";

const secondsPerFuzzer = Number(process.env["HOSTILE_SECONDS"] ?? 3);
const patient = { timeout: 600_000 + secondsPerFuzzer * 2000 };
/** For a write that must succeed: the nodes' own TIMEOUT is short, as wild reads wait for versions to come. */
const timeoutMs = 120_000;

let cluster: Cluster;
let client: WellBehavedClient;
let restPort: number;
let slowHeads: readonly Drip[];
let idlers: readonly Promise<string>[];
let callsNoticed = 0;

beforeAll(async () => {
  const env = { WRITE_QUORUM: "2", TIMEOUT: "1000", LOG_LEVEL: "warn" };
  cluster = await startCluster({ followers: 2, env });
  restPort = Number(new URL(cluster.leader.url).port);
  client = new WellBehavedClient(cluster);
  // They take 15 s to be cut off, so they begin first and are looked at last.
  const head = "GET /read?key=a HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
  slowHeads = await Promise.all(Array.from({ length: 100 }, () => drip(restPort, head, "x")));
  idlers = (await openMany(restPort, 40)).map(readAll);
});

afterAll(async () => {
  // Enough to tell that the errors of all tests were looked for.
  await client.progress(Math.max(0, 50 - callsNoticed));
  for (const slow of slowHeads) {
    slow.stop();
  }
  await client.stop();
  await cluster.close();
});

afterEach(() => {
  const { calls, errors, peakMemoryMiB } = client.look();
  expect(errors).toEqual([]);
  callsNoticed += calls;
  expect(peakMemoryMiB).toBeLessThan(memoryMiBMax);
  expect(cluster.nodes.every((node) => node.isRunning)).toBe(true);
});

function parameters(): fc.Parameters<unknown> {
  onTestFailed(() => console.error(cluster.logTails()));
  return {
    ...(process.env["SEED"] === undefined ? {} : { seed: Number(process.env["SEED"]) }),
    numRuns: 1_000_000,
    interruptAfterTimeLimit: secondsPerFuzzer * 1000,
    endOnFailure: false,
  };
}

/** Node raises its limit to the hard one by itself. */
function openFilesMax(): number {
  const text = execFileSync("/bin/sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}

/** That many requests at once keep the node busy while the next ones are made up. */
const group = { minLength: 1, maxLength: 4 * availableParallelism() };

test("REST: generated and mutated requests get documented answers", patient, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wildRequest, group), async (requests) => {
      const urls = cluster.nodes.map(({ url }) => url);
      await Promise.all(
        requests.map(async (wild, index) => {
          const answer = await send(urls[index % urls.length] ?? "", wild);
          const fault = findFault(wild.method, answer);
          const isStream = answer.headers["content-type"] === "text/event-stream; charset=utf-8";
          expect(isStream ? undefined : fault, `${answer.status} ${answer.text}`).toBeUndefined();
        }),
      );
    }),
    parameters(),
  );
  await fetch(`${cluster.leader.url}/config`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ writeQuorum: 2 }),
  });
});

test("REST: what is stored is what was sent, however odd", patient, async () => {
  const { url } = cluster.leader;
  await fc.assert(
    fc.asyncProperty(wildPut, async ({ key, value }) => {
      const body = Buffer.from(JSON.stringify({ key, value, timeoutMs }));
      const headers = { "content-type": "application/json" };
      const written = await send(url, { method: "PUT", target: "/write", headers, body });
      const refused = findFault("PUT", written) ?? (written.status === 200 ? "" : written.text);
      const target = `/read?key=${encodeURIComponent(key.toWellFormed())}`;
      const read = await send(url, { method: "GET", target, headers: {}, body: undefined });
      if (refused === "") {
        expect(JSON.stringify(parse(read.text)?.["value"])).toBe(JSON.stringify(value));
      } else {
        expect(parse(written.text)?.["code"]).toBe("INVALID_ARGUMENT");
      }
    }),
    { ...parameters(), interruptAfterTimeLimit: (secondsPerFuzzer * 1000) / 2 },
  );
});

test("gRPC: generated and mutated messages get documented answers", patient, async () => {
  const channel = new Client(`127.0.0.1:${cluster.leader.grpcPort}`, credentials.createInsecure());
  const call = (method: string, message: Buffer): Promise<ServiceError | null> =>
    new Promise((resolve) => {
      const same = (buffer: Buffer): Buffer => buffer;
      const path = `/quorumkv.v1.KV/${method}`;
      const deadline = Date.now() + 120_000;
      channel.makeUnaryRequest(path, same, same, message, { deadline }, resolve);
    });
  await fc.assert(
    fc.asyncProperty(fc.array(wildMessage, group), async (calls) => {
      await Promise.all(
        calls.map(async ([method, message]) => {
          const error = await call(method, message);
          if (error !== null) {
            const code = String(error.metadata.get("kv-code")[0]);
            expect(documented[code]?.[1], `${code}: ${error.message}`).toBe(error.code);
          }
        }),
      );
    }),
    parameters(),
  );
  channel.close();
});

test("gRPC: a bulk write of garbage ends in an answer for each or an end", patient, async () => {
  const channel = new Client(`127.0.0.1:${cluster.leader.grpcPort}`, credentials.createInsecure());
  const stream = fc.array(wildBulkWrite, { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(stream, async (messages) => {
      const same = (buffer: Buffer): Buffer => buffer;
      const path = "/quorumkv.v1.KV/BulkWrite";
      const duplex = channel.makeBidiStreamRequest(path, same, same);
      duplex.on("error", () => undefined);
      duplex.on("data", () => undefined);
      for (const message of messages) {
        duplex.write(message);
      }
      duplex.end();
      const status = await new Promise<{ code: number }>((resolve) => duplex.on("status", resolve));
      const codes = Object.values(documented).map(([, grpc]) => grpc);
      expect([0, ...codes]).toContain(status.code);
    }),
    { ...parameters(), interruptAfterTimeLimit: (secondsPerFuzzer * 1000) / 2 },
  );
  channel.close();
});

test("bare sockets: garbage gets a documented status or an end", patient, async () => {
  const statuses = new Set(Object.values(documented).map(([http]) => String(http)));
  statuses.add("200").add("100");
  await fc.assert(
    fc.asyncProperty(fc.array(rawBytes, group), async (all) => {
      await Promise.all(
        all.flatMap((garbage) => [
          sendRaw(restPort, garbage).then((answer) => {
            const status = answer === "" ? "200" : /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
            expect(statuses, answer.slice(0, 300)).toContain(status);
          }),
          sendRaw(cluster.leader.grpcPort, garbage, 200),
        ]),
      );
    }),
    parameters(),
  );
});

test("bodies that are never finished, and clients that leave in the middle", patient, async () => {
  const head =
    "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n";
  const slow = await Promise.all(
    Array.from({ length: 100 }, () => drip(restPort, `${head}{"key":"`, "x")),
  );
  for (let wave = 0; wave < 20; wave += 1) {
    const leaving = await openMany(restPort, 50);
    for (const [index, socket] of leaving.entries()) {
      socket.write(head);
      socket.write("x".repeat(1000 * index));
      if (index % 2 === 0) {
        socket.resetAndDestroy();
      } else {
        socket.destroy();
      }
    }
  }
  await once(AbortSignal.timeout(1000), "abort");
  for (const { stop } of slow) {
    stop();
  }
});

test.runIf(secondsPerFuzzer >= 60)(
  "bodies that trickle for ever are answered and cut off",
  patient,
  async () => {
    const head =
      "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n";
    const slow = await Promise.all(
      Array.from({ length: 100 }, () => drip(restPort, `${head}{"key":"`, "x")),
    );
    for (const answer of await Promise.all(slow.map((each) => each.answer))) {
      expect(answer).toContain("HTTP/1.1 408 ");
    }
  },
);

test("event streams whose readers never read", patient, async () => {
  const readers = await openMany(restPort, 100);
  for (const [index, socket] of readers.entries()) {
    socket.pause();
    const path = index % 2 === 0 ? "/events" : "/watch?prefix=";
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }
  const value = "v".repeat(50_000);
  const headers = { "content-type": "application/json" };
  for (let number = 0; number < 60; number += 1) {
    const body = Buffer.from(JSON.stringify({ key: `loud-${number % 10}`, value, timeoutMs }));
    const answer = await send(cluster.leader.url, {
      ...{ method: "PUT", target: "/write", headers, body },
    });
    expect(answer.status).toBe(200);
  }
  for (const socket of readers) {
    socket.destroy();
  }
});

test("10,000 idle connections", patient, async () => {
  // This process and the node need one descriptor each; some are taken by other things.
  const wanted = Math.min(10_000, openFilesMax() - 500);
  if (wanted < 10_000) {
    console.warn(`only ${wanted} idle connections: this machine allows no more open files`);
  }
  const before = await open(restPort);
  const idle = await openMany(restPort, wanted - 1);
  await client.progress(3);
  const left = [before, ...idle].filter(
    (socket) => !socket.destroyed && socket.readyState === "open",
  );
  expect(left.length).toBeGreaterThan(wanted * 0.9);
  for (const socket of [before, ...idle]) {
    socket.destroy();
  }
});

test("heads that never end are answered and cut off", patient, async () => {
  for (const answer of await Promise.all(slowHeads.map((slow) => slow.answer))) {
    expect(answer).toContain("HTTP/1.1 408 ");
    expect(answer).toContain("INVALID_ARGUMENT");
  }
});

test("connections opened ahead are closed without a word", patient, async () => {
  for (const text of await Promise.all(idlers)) {
    expect(text).toBe("");
  }
});
