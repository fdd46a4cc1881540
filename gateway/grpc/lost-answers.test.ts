/** Connections that break while a write is under way, and what clients' libraries do then. */
import { once } from "node:events";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failed } from "../../src/errors.ts";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { errorDetailsOf } from "../../test/support/error-details.ts";
import { alone, errorOf, refusalOf, retrying, TestClient } from "../../test/support/kv-client.ts";
import { openToAll } from "../../test/support/open-access.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import { startTcpProxy, type TcpProxy } from "../../test/support/tcp-proxy.ts";
import type { BatchOperation } from "./generated/quorumkv/v1/kv.ts";
import { publicServices } from "./public-services.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const nodes = [{ id: "leader", host: "127.0.0.1", grpcPort: 1 }];

let node: StandInNode;
let server: GrpcServer;
let proxy: TcpProxy;
let usual: TestClient;
let repeating: TestClient;
/** Writes that reached the node. */
let asked: number;

beforeEach(async () => {
  node = new StandInNode();
  server = createGrpcServer({
    config: { nodes, host: "127.0.0.1", grpcPort: 0 },
    log: silent,
  });
  proxy = await startTcpProxy(
    0,
    (await server.serve(publicServices({ node, followers: 0, access: openToAll(), log: silent })))
      .port,
  );
  usual = new TestClient(proxy.port);
  repeating = new TestClient(proxy.port, retrying);
  asked = 0;
});

afterEach(async () => {
  usual.close();
  repeating.close();
  await proxy.close();
  await server.close();
});

/** The first write is stored, and its answer lost with the connection. */
const loseFirstAnswer = () => {
  node.beforeWrite = async () => {
    asked += 1;
    if (asked === 1) proxy.cut();
    return undefined;
  };
};

const refuse = () => {
  node.beforeWrite = async () => {
    asked += 1;
    return failed("RECOVERING", "not ready; nothing was written", { retryAfterSeconds: 1 });
  };
};

const operations: BatchOperation[] = [
  { operation: { $case: "put", value: { key: "k", value: "1" } } },
];

describe("a write whose answer is lost", () => {
  test("is UNAVAILABLE like a refusal, but without our code, and is stored once", async () => {
    loseFirstAnswer();
    const error = await errorOf(usual.put("k", "1"));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.metadata.get("kv-code")).toEqual([]);
    expect(errorDetailsOf(error)).toBeUndefined();
    expect([asked, node.applied]).toEqual([1, 1]);
  });

  test("is not stored again by a library that repeats it: its outcome is unknown", async () => {
    for (const write of [
      () => repeating.put("k", "1"),
      () => repeating.batch(operations),
      () => repeating.remove("k"),
    ]) {
      asked = 0;
      loseFirstAnswer();
      const before = node.applied;
      expect(await refusalOf(write())).toMatchObject({
        status: status.DEADLINE_EXCEEDED,
        code: "OUTCOME_UNKNOWN",
        members: { version: null, acks: [], quorum: null },
      });
      expect([asked, node.applied]).toEqual([1, before + 1]);
    }
  });

  test("is carried out again if its condition keeps it from being stored twice", async () => {
    loseFirstAnswer();
    const refused = await refusalOf(repeating.put("k", "1", { ifVersion: 0 }));
    expect(refused).toMatchObject({ code: "VERSION_MISMATCH", members: { version: 1 } });
    expect([asked, node.applied]).toEqual([2, 1]);
  });

  test("is carried out again if it has an idempotency key, by which it is stored once", async () => {
    loseFirstAnswer();
    const idempotencyKey = "k1";
    expect((await repeating.put("k", "1", { idempotencyKey })).result).toBeDefined();
    expect(asked).toBe(2);
  });

  test("is never called unwritten by the refusal of its second attempt", async () => {
    node.beforeWrite = async () => {
      asked += 1;
      if (asked > 1) return failed("RECOVERING", "not ready; nothing was written");
      proxy.cut();
      return undefined;
    };
    const refused = await refusalOf(repeating.put("k", "1", { ifVersion: 0 }));
    expect([refused.code, asked, node.applied]).toEqual(["OUTCOME_UNKNOWN", 2, 1]);
  });

  test("in a stream is not stored again by a library that repeats the stream", async () => {
    loseFirstAnswer();
    const [answer] = await repeating.bulkWrite([{ id: "7", operations, options: undefined }]);
    expect(answer).toMatchObject({ id: "7", outcome: { value: { code: "OUTCOME_UNKNOWN" } } });
    expect([asked, node.applied]).toEqual([1, 1]);
  });
});

describe("a library that repeats calls", () => {
  test("leaves a refused write as it is, so that its code stays true", async () => {
    refuse();
    expect(await refusalOf(repeating.put("k", "1"))).toMatchObject({ code: "RECOVERING" });
    expect(asked).toBe(1);
  });

  test("repeats reads", async () => {
    let reads = 0;
    node.read = () => {
      reads += 1;
      return failed("RECOVERING", "not yet");
    };
    expect(await refusalOf(repeating.read("k"))).toMatchObject({ code: "RECOVERING" });
    expect(reads).toBe(5);
  });
});

test("a server that closes over a write sends nothing that promises it was not stored", async () => {
  node.beforeWrite = () => new Promise(() => {});
  const error = errorOf(usual.put("k", "1"));
  const stream = usual.raw.bulkWrite().on("data", () => {});
  const ended = once(stream, "error") as Promise<[ServiceError]>;
  stream.write(alone({ id: "1", operations, options: undefined }));
  await usual.status();
  await server.close();
  for (const { metadata, code } of [await error, (await ended)[0]]) {
    expect(metadata.get("kv-code")).toEqual([]);
    expect(code).not.toBe(status.OK);
  }
});
