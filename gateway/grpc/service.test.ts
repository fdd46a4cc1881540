import { once } from "node:events";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ErrorCode, failed } from "../../src/errors.ts";
import { keyBytesMax, valueBytesMax } from "../../src/request-limits.ts";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { alone, refusalOf, TestClient } from "../../test/support/kv-client.ts";
import { openToAll } from "../../test/support/open-access.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import {
  type BatchOperation,
  type BulkWriteItem,
  BulkWriteRequest,
  BulkWriteResponse,
  type WatchResponse,
} from "./generated/quorumkv/v1/kv.ts";
import { publicServices } from "./public-services.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const member = (id: string) => ({ id, host: "127.0.0.1", grpcPort: 1 });

let node: StandInNode;
let server: GrpcServer;
let client: TestClient;

beforeEach(async () => {
  node = new StandInNode();
  const nodes = ["leader", "follower1", "follower2"].map(member);
  server = createGrpcServer({
    config: { nodes, host: "127.0.0.1", grpcPort: 0 },
    log: silent,
  });
  const { port } = await server.serve(
    publicServices({ node, followers: 2, access: openToAll(), log: silent }),
  );
  client = new TestClient(port);
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe("reads and writes", () => {
  test("a written value is read back as JSON text without white space", async () => {
    const { result } = await client.put("k", '{ "a" : [1, 2.0] }', { trace: true, quorum: 2 });
    expect(result).toEqual({
      version: 1,
      quorum: 2,
      acks: [{ node: "follower1", ms: 1.5, delayMs: 0.5 }],
      latencyMs: 2,
      replayed: false,
    });
    expect(await client.read("k")).toEqual({
      entry: { key: "k", value: '{"a":[1,2.0]}', version: 1 },
    });
  });

  test.each(['{"b":1,"10":2}', "1e-400", "4.9e-324", "1.10", "-0", '"\\u0041"'])(
    "the value %s comes back as it was",
    async (value) => {
      await client.put("k", value);
      expect((await client.read("k")).entry?.value).toBe(value);
    },
  );

  test("acks are ids alone unless a trace is asked for", async () => {
    const { result } = await client.put("k", "1");
    expect(result?.acks).toEqual([{ node: "follower1" }]);
  });

  test("keys of any text come back as they were", async () => {
    for (const key of ["__proto__", "a\u0000", "\ufeffbom", "😀", "é".repeat(keyBytesMax / 2)]) {
      await client.put(key, JSON.stringify(key));
      expect((await client.read(key)).entry).toMatchObject({ key, value: JSON.stringify(key) });
    }
  });

  test("a delete removes, a batch is one entry, a list pages", async () => {
    const operations: BatchOperation[] = ["a", "b", "c"].map((key) => ({
      operation: { $case: "put", value: { key, value: "1" } },
    }));
    const { result } = await client.batch(operations);
    expect(result?.version).toBe(1);
    await client.remove("b");
    const first = await client.list({ prefix: "", limit: 1 });
    expect(first).toMatchObject({ entries: [{ key: "a" }], next: "a", sequence: 2 });
    const rest = await client.list({ prefix: "", after: first.next });
    expect(rest.entries.map(({ key }) => key)).toEqual(["c"]);
    expect(rest.next).toBeUndefined();
  });

  test("several keys come in one view, those that are absent too", async () => {
    await client.put("a", "1");
    await client.put("b", "2");
    expect(await client.readMany(["b", "none", "a"])).toEqual({
      entries: [
        { entry: { key: "b", value: "2", version: 2 } },
        { entry: undefined },
        { entry: { key: "a", value: "1", version: 1 } },
      ],
      sequence: 2,
    });
    expect(await refusalOf(client.readMany([]))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a batch checks keys that it does not write", async () => {
    await client.put("a", "1");
    const check = (ifVersion: string): BatchOperation => ({
      operation: { $case: "check", value: { key: "a" } },
      ifVersion,
    });
    const put: BatchOperation = { operation: { $case: "put", value: { key: "b", value: "1" } } };
    expect((await client.batch([check("1"), put])).result?.version).toBe(2);
    expect(await client.read("a")).toMatchObject({ entry: { version: 1 } });
    expect(await refusalOf(client.batch([put, check("7")]))).toMatchObject({
      status: status.ABORTED,
      code: "VERSION_MISMATCH",
    });
    for (const wrong of [[check("1")], [put, { operation: check("1").operation }]])
      expect(await refusalOf(client.batch(wrong))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("the status is the node's", async () => {
    await client.put("k", "1");
    expect(await client.status()).toMatchObject({ id: "leader", applied: 1, keys: 1 });
  });
});

describe("a refusal", () => {
  test("names its code and what the REST answer would name", async () => {
    await client.put("k", "1");
    expect(await refusalOf(client.put("k", "2", { ifVersion: 7 }))).toMatchObject({
      status: status.ABORTED,
      code: "VERSION_MISMATCH",
      members: { version: 1 },
    });
    expect(await refusalOf(client.read("absent"))).toMatchObject({
      status: status.NOT_FOUND,
      code: "KEY_NOT_FOUND",
      members: undefined,
    });
  });

  test("of the node has the status of the table", async () => {
    const table: Partial<Record<ErrorCode, status>> = {
      NOT_LEADER: status.FAILED_PRECONDITION,
      COMPACTED: status.OUT_OF_RANGE,
      QUORUM_UNAVAILABLE: status.UNAVAILABLE,
      OVERLOADED: status.RESOURCE_EXHAUSTED,
      RECOVERING: status.UNAVAILABLE,
      SHUTTING_DOWN: status.UNAVAILABLE,
      OUTCOME_UNKNOWN: status.DEADLINE_EXCEEDED,
    };
    for (const [code, expected] of Object.entries(table)) {
      const members = { leaderUrl: "http://127.0.0.1:4567" };
      node.beforeWrite = async () => failed(code as ErrorCode, "Half: \ud800", { members });
      const refused = await refusalOf(client.put("k", "1"));
      expect(refused).toEqual({ status: expected, code, detail: "Half: \ufffd", members });
    }
  });

  test("of a bad request is INVALID_ARGUMENT or TOO_LARGE, and says what is wrong", async () => {
    const operation: BatchOperation = {
      operation: { $case: "put", value: { key: "k", value: "1" } },
    };
    const bad: [() => Promise<unknown>, string, string][] = [
      [() => client.put("", "1"), "INVALID_ARGUMENT", "key"],
      [() => client.put("x".repeat(keyBytesMax + 1), "1"), "TOO_LARGE", "key"],
      [() => client.put("k", ""), "INVALID_ARGUMENT", "JSON"],
      [() => client.put("k", "1e999"), "INVALID_ARGUMENT", "double"],
      [() => client.put("k", '"\\ud800"'), "INVALID_ARGUMENT", "surrogate"],
      [() => client.put("k", '{"a":1,"a":2}'), "INVALID_ARGUMENT", "two members"],
      [
        () => client.put("k", "[".repeat(100_000) + "]".repeat(100_000)),
        "INVALID_ARGUMENT",
        "deep",
      ],
      [() => client.put("k", `"${"x".repeat(valueBytesMax)}"`), "TOO_LARGE", "value"],
      [() => client.put("k", "1", { quorum: 3 }), "INVALID_ARGUMENT", "quorum"],
      [() => client.put("k", "1", { timeoutMs: 0 }), "INVALID_ARGUMENT", "timeout_ms"],
      [() => client.batch([]), "INVALID_ARGUMENT", "1 to 128"],
      [() => client.batch(Array(129).fill(operation)), "INVALID_ARGUMENT", "1 to 128"],
      [() => client.batch([{ operation: undefined }]), "INVALID_ARGUMENT", "put"],
      [() => client.put("k", "1", { ifVersion: 2 ** 60 }), "INVALID_ARGUMENT", "if_version"],
      [() => client.read(""), "INVALID_ARGUMENT", "key"],
      [() => client.read("k", { minVersion: 2 ** 60 }), "INVALID_ARGUMENT", "min_version"],
      [
        () => once(client.raw.watch({ prefix: "", after: `${2 ** 60}` }), "data"),
        "INVALID_ARGUMENT",
        "after",
      ],
      [() => client.list({ prefix: "", limit: 0 }), "INVALID_ARGUMENT", "limit"],
      [() => client.list({ prefix: "", limit: 1001 }), "INVALID_ARGUMENT", "limit"],
    ];
    for (const [answer, code, word] of bad) {
      const refused = await refusalOf(answer());
      expect([refused.code, refused.status]).toEqual([code, status.INVALID_ARGUMENT]);
      expect(refused.detail).toContain(word);
    }
  });

  test("of a message of countless empty operations is INVALID_ARGUMENT, before they take their memory", async () => {
    const operations = Array<BatchOperation>(40_000).fill({ operation: undefined });
    const { code, detail } = await refusalOf(client.batch(operations));
    expect([code, detail]).toEqual([
      "INVALID_ARGUMENT",
      "The request is a message of more than 65536 parts.",
    ]);
  });

  test("of what is no protobuf, or no UTF-8, is INVALID_ARGUMENT", async () => {
    for (const bytes of [[0xff], [0x0a, 0x01, 0xff], [0x0a, 0x7f]]) {
      const raw = new Promise((resolve, reject) => {
        client.raw.makeUnaryRequest(
          "/quorumkv.v1.KV/Read",
          () => Buffer.from(bytes),
          (value) => value,
          {},
          (error: ServiceError | null, value) => (error === null ? resolve(value) : reject(error)),
        );
      });
      expect(await refusalOf(raw)).toMatchObject({
        status: status.INVALID_ARGUMENT,
        code: "INVALID_ARGUMENT",
      });
    }
  });

  test("of a node that throws is INTERNAL, and tells nothing of its insides", async () => {
    node.beforeWrite = async () => {
      throw new Error("secret");
    };
    const refused = await refusalOf(client.put("k", "1"));
    expect([refused.code, refused.status]).toEqual(["INTERNAL", status.INTERNAL]);
    expect(refused.detail).not.toContain("secret");
  });
});

describe("a watch", () => {
  const open = async (request: { prefix: string; after?: string; grouped?: boolean }) => {
    const stream = client.raw.watch(request);
    const seen: WatchResponse[] = [];
    stream.on("data", (message: WatchResponse) => seen.push(message));
    stream.on("error", () => {});
    await once(stream, "metadata");
    const until = async (count: number) => {
      while (seen.length < count) await once(stream, "data");
    };
    return { stream, seen, until };
  };

  test("streams what happens under its prefix, and what happened since", async () => {
    await client.put("a1", "1");
    await client.put("b", "2");
    const { stream, seen, until } = await open({ prefix: "a", after: "0" });
    await client.put("a2", "3");
    await client.remove("a1");
    await until(3);
    expect(seen).toEqual([
      { sequence: 1, key: "a1", value: "1", operations: [] },
      { sequence: 3, key: "a2", value: "3", operations: [] },
      { sequence: 4, key: "a1", value: undefined, operations: [] },
    ]);
    stream.cancel();
  });

  test("sends whole entries in one message each to a client that asks for that, and to no other", async () => {
    const put = (key: string): BatchOperation => ({
      operation: { $case: "put", value: { key, value: "1" } },
    });
    const plain = await open({ prefix: "a" });
    const grouped = await open({ prefix: "a", grouped: true });
    await client.batch(["a1", "a2", "b"].map(put));
    await client.remove("a1");
    await Promise.all([plain.until(3), grouped.until(2)]);
    const first = [
      { sequence: 1, key: "a1", value: "1" },
      { sequence: 1, key: "a2", value: "1" },
    ];
    const second = [{ sequence: 2, key: "a1", value: undefined }];
    expect(plain.seen).toEqual([...first, ...second].map((each) => ({ ...each, operations: [] })));
    const nothing = { key: "", value: undefined };
    expect(grouped.seen).toEqual([
      { ...nothing, sequence: 1, operations: first },
      { ...nothing, sequence: 2, operations: second },
    ]);
    for (const { stream } of [plain, grouped]) stream.cancel();
    const resumed = await open({ prefix: "a", after: "1", grouped: true });
    await resumed.until(1);
    expect(resumed.seen[0]?.operations).toEqual(second);
    resumed.stream.cancel();
  });

  test("that its client leaves is forgotten", async () => {
    const { stream } = await open({ prefix: "" });
    expect(node.watchers).toBe(1);
    stream.cancel();
    while (node.watchers > 0) await client.put("k", "1");
  });
});

describe("a stream of bulk writes", () => {
  const operations: BatchOperation[] = [
    { operation: { $case: "put", value: { key: "k", value: "1" } } },
  ];

  const requests = (count: number): BulkWriteItem[] =>
    Array.from({ length: count }, (_, id) => ({ id: `${id}`, operations, options: undefined }));

  test("answers every write in the order asked, however they settle", async () => {
    node.beforeWrite = () =>
      new Promise((resolve) => setTimeout(() => resolve(undefined), Math.random() * 5));
    const answers = await client.bulkWrite(requests(3000));
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 3000 }, (_, id) => `${id}`));
  });

  test("goes on after a write that is refused", async () => {
    const answers = await client.bulkWrite([
      { id: "1", operations: [], options: undefined },
      { id: "2", operations, options: { trace: false, ifVersion: "9" } },
      { id: "3", operations, options: undefined },
    ]);
    expect(answers).toMatchObject([
      { id: "1", outcome: { value: { code: "INVALID_ARGUMENT" } } },
      { id: "2", outcome: { value: { code: "VERSION_MISMATCH", members: '{"version":0}' } } },
      { id: "3", outcome: { $case: "result", value: { version: 1 } } },
    ]);
  });

  test("echoes ids of every uint64, such as nanoseconds of a clock", async () => {
    const ids = ["0", "1", `${2n ** 53n + 1n}`, "1764066500123456789", `${2n ** 64n - 1n}`];
    const answers = await client.bulkWrite(
      ids.map((id) => ({ id, operations, options: undefined })),
    );
    expect(answers.map(({ id }) => id)).toEqual(ids);
  });

  test("goes on after a version that no entry can have", async () => {
    const options = { trace: false, ifVersion: `${2n ** 64n - 1n}` };
    const answers = await client.bulkWrite([
      { id: "1", operations, options },
      { id: "2", operations, options: undefined },
    ]);
    expect(answers).toMatchObject([
      {
        id: "1",
        outcome: {
          value: { code: "INVALID_ARGUMENT", detail: expect.stringContaining("if_version") },
        },
      },
      { id: "2", outcome: { $case: "result" } },
    ]);
  });

  test("answers every write before a malformed message, and only then ends", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = 0;
    node.beforeWrite = async () => {
      asked += 1;
      await gate;
      return undefined;
    };
    const stream = client.raw.makeBidiStreamRequest(
      "/quorumkv.v1.KV/BulkWrite",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => BulkWriteResponse.decode(bytes),
    );
    const answers: string[] = [];
    stream.on("data", ({ id }: BulkWriteResponse) => answers.push(id));
    const ended = once(stream, "error");
    for (const request of requests(50))
      stream.write(Buffer.from(BulkWriteRequest.encode(alone(request)).finish()));
    stream.write(Buffer.from([0xff]));
    for (const request of requests(50))
      stream.write(Buffer.from(BulkWriteRequest.encode(alone(request)).finish()));
    stream.end();
    // By the time of another call's answer, the whole stream has arrived.
    while (asked < 50) await client.status();
    for (let calls = 0; calls < 20; calls++) await client.status();
    release();
    const [error] = (await ended) as [ServiceError];
    expect(await refusalOf(Promise.reject(error))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(answers).toEqual(requests(50).map(({ id }) => id));
    expect(asked).toBe(50);
  });

  test("takes no more while too many are unanswered", async () => {
    let [asked, release] = [0, () => {}];
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let full = () => {};
    const filled = new Promise<void>((resolve) => {
      full = resolve;
    });
    node.beforeWrite = async () => {
      if (++asked === 1024) full();
      await gate;
      return undefined;
    };
    const answers = client.bulkWrite(requests(5000));
    await filled;
    // Another call's round trip is time enough for the stream to run over, if it could.
    for (let calls = 0; calls < 20; calls++) await client.status();
    expect(asked).toBeLessThan(1100);
    release();
    expect((await answers).length).toBe(5000);
  });
});

test("a call without a deadline ends when the server closes", async () => {
  node.beforeWrite = () => new Promise(() => {});
  const answer = refusalOf(client.put("k", "1"));
  const stream = client.raw.watch({ prefix: "" }, new Metadata());
  const ended = once(stream, "error");
  stream.resume();
  await once(stream, "metadata");
  await server.close();
  expect((await answer).status).not.toBe(status.OK);
  await ended.catch(() => {});
});
