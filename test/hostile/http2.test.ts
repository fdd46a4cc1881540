/** Floods of HTTP/2 frames and compressed bombs cost a node little memory, and the others are served. */
import { once } from "node:events";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { type Client, credentials, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KVClient, WriteRequest } from "../../gateway/grpc/generated/quorumkv/v1/kv.ts";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { ask } from "../support/rest.ts";
import { findFault } from "./documented.ts";
import { flood, floods } from "./http2.ts";
import { residentMiB } from "./memory.ts";

/** What a node may take beyond what it took before: garbage that V8 has not collected yet, above all. */
const growthMiBMax = 150;
/** Calls of others that must be answered while a flood is under way, or behind it. */
const callsMin = 30;

let cluster: Cluster;
let kv: KVClient;
beforeAll(async () => {
  cluster = await startCluster({ followers: 1, env: { WRITE_QUORUM: "1", LOG_LEVEL: "warn" } });
  kv = new KVClient(`127.0.0.1:${cluster.leader.grpcPort}`, credentials.createInsecure());
});
afterAll(async () => {
  (kv as Client).close();
  await cluster.close();
});

const memory = (): number => residentMiB(cluster.leader.pid);
let before: number;
beforeEach(() => {
  before = memory();
});

/** A client that does nothing wrong: writes and reads over both ports. */
async function otherCall(number: number): Promise<void> {
  const body = { key: "other", value: number };
  const written = await ask(cluster.leader.url, "/write", { method: "PUT", body });
  expect(written.status, written.text).toBe(200);
  const read = await new Promise((resolve, reject) => {
    kv.read({ key: "other" }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  expect(read).toMatchObject({ entry: { value: String(number) } });
}

test.each(Object.entries(floods))("%s", async (name, each) => {
  let peak = before;
  const tick = async () => {
    peak = Math.max(peak, memory());
  };
  let over = false;
  const attack = Promise.all([1, 2].map(() => flood(cluster.leader.grpcPort, each, tick)));
  const others = (async () => {
    for (let number = 0; !over || number < callsMin; number += 1) await otherCall(number);
  })();
  const outcomes = await attack.finally(() => {
    over = true;
  });
  await others;
  await tick();
  const grown = Math.round(peak - before);
  const sent = outcomes.map((one) => `${one.sent}${one.cut ? " until it was cut off" : ""}`);
  console.info(`${name}: ${sent.join(", ")}; ${grown} MiB`);
  expect(outcomes.every(({ sent }) => sent > 0)).toBe(true);
  expect(peak - before, name).toBeLessThan(growthMiBMax);
  expect(cluster.nodes.every(({ isRunning }) => isRunning)).toBe(true);
});

describe("compressed bombs", () => {
  const mebibyte = 1024 * 1024;
  /** 1 KB for each MiB that it becomes. */
  const bomb = gzipSync(Buffer.alloc(256 * mebibyte));

  test.each(["gzip", "deflate", "br", "x-gzip", "identity, gzip"])(
    "a body in %s is refused as it is",
    async (encoding) => {
      const headers = { "content-encoding": encoding, "content-type": "application/json" };
      for (const way of ["/write", "/nodes/leader/write"]) {
        for (const node of cluster.nodes) {
          const answer = await ask(node.url, way, { method: "PUT", body: bomb, headers });
          expect(findFault("PUT", answer), answer.text).toBeUndefined();
          expect(answer.json).toMatchObject({ code: "UNSUPPORTED_MEDIA_TYPE" });
        }
      }
      expect(memory() - before).toBeLessThan(growthMiBMax);
    },
  );

  /** Sends a write whose message is compressed. Returns the status that the node answers. */
  async function compressedCall(zipped: Buffer): Promise<number> {
    const session = connect(`http://127.0.0.1:${cluster.leader.grpcPort}`);
    const call = session.request({
      ":method": "POST",
      ":path": "/quorumkv.v1.KV/Write",
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    const prefix = Buffer.alloc(5, 1);
    prefix.writeUInt32BE(zipped.length, 1);
    let answered: unknown;
    for (const event of ["response", "trailers"])
      call.on(event, (headers: IncomingHttpHeaders) => {
        answered = headers["grpc-status"] ?? answered;
      });
    call.on("error", () => undefined);
    call.resume();
    call.end(Buffer.concat([prefix, zipped]));
    await once(call, "close");
    session.destroy();
    return Number(answered);
  }

  test("a gRPC message in gzip is read, up to the limit of messages", async () => {
    const fits = WriteRequest.encode(
      WriteRequest.fromPartial({ key: "zipped", value: JSON.stringify("z".repeat(mebibyte / 2)) }),
    ).finish();
    expect(await compressedCall(gzipSync(fits))).toBe(0);
  });

  test("a gRPC message that becomes 256 MiB is refused, many times over", async () => {
    for (let round = 0; round < 20; round += 1) {
      expect(await compressedCall(bomb)).toBe(status.RESOURCE_EXHAUSTED);
      await otherCall(round);
      expect(memory() - before).toBeLessThan(growthMiBMax);
    }
  });
});
