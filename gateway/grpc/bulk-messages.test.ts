import { once } from "node:events";
import type { ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failed } from "../../src/errors.ts";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { alone, refusalOf, TestClient, together } from "../../test/support/kv-client.ts";
import { openToAll } from "../../test/support/open-access.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import {
  type BulkWriteAnswer,
  type BulkWriteItem,
  BulkWriteRequest,
  BulkWriteResponse,
} from "./generated/quorumkv/v1/kv.ts";
import { publicServices } from "./public-services.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let node: StandInNode;
let server: GrpcServer;
let client: TestClient;

beforeEach(async () => {
  node = new StandInNode();
  const nodes = ["leader", "follower1"].map((id) => ({ id, host: "127.0.0.1", grpcPort: 1 }));
  server = createGrpcServer({ config: { nodes, host: "127.0.0.1", grpcPort: 0 }, log: silent });
  const services = publicServices({ node, followers: 1, access: openToAll(), log: silent });
  client = new TestClient((await server.serve(services)).port);
});

afterEach(async () => {
  client.close();
  await server.close();
});

const put = (key: string): BulkWriteItem["operations"][number] => ({
  operation: { $case: "put", value: { key, value: "1" } },
});
const write = (id: number, operations = [put("k")]): BulkWriteItem => ({
  ...{ id: `${id}`, operations },
  options: undefined,
});
const writes = (count: number, from = 0): BulkWriteItem[] =>
  Array.from({ length: count }, (_, index) => write(from + index));

/** The answers of all messages, those that came alone as well. */
const answersOf = (messages: readonly BulkWriteResponse[]): BulkWriteAnswer[] =>
  messages.flatMap(({ answers, ...single }) => (answers.length > 0 ? answers : [single]));
const idsOf = (messages: readonly BulkWriteResponse[]) => answersOf(messages).map(({ id }) => id);
const ids = (count: number) => Array.from({ length: count }, (_, id) => `${id}`);

/** How a stream of these bytes ended, and the answers before that. */
async function endOf(messages: readonly Uint8Array[]) {
  const stream = client.raw.makeBidiStreamRequest(
    "/quorumkv.v1.KV/BulkWrite",
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes: Buffer) => BulkWriteResponse.decode(bytes),
  );
  const answers: BulkWriteResponse[] = [];
  stream.on("data", (answer: BulkWriteResponse) => answers.push(answer));
  const ended = once(stream, "error") as Promise<[ServiceError]>;
  for (const message of messages) stream.write(message);
  stream.end();
  const [error] = await ended;
  return { ids: idsOf(answers), ...(await refusalOf(Promise.reject(error))) };
}
const bytesOf = (message: BulkWriteRequest): Uint8Array =>
  BulkWriteRequest.encode(message).finish();

describe("many writes in a message", () => {
  test("are answered in the order asked, however they settle, and many at a time", async () => {
    node.beforeWrite = ({ operations: [first] }) =>
      Number(first?.key) % 7 === 0
        ? new Promise((resolve) => setImmediate(() => resolve(undefined)))
        : Promise.resolve(undefined);
    const all = ids(3000).map((id) => write(Number(id), [put(id)]));
    const groups = [
      all.slice(0, 1000),
      all.slice(1000, 1001),
      all.slice(1001, 2001),
      all.slice(2001),
    ];
    const messages = await client.bulkMessages(groups.map(together));
    expect(idsOf(messages)).toEqual(ids(3000));
    expect(messages.length).toBeLessThan(1500);
    expect(messages.map(({ outcome }) => outcome)).toEqual(messages.map(() => undefined));
  });

  test("are judged and carried out one by one", async () => {
    const ifVersion = "9";
    const [first, second, third, fourth] = answersOf(
      await client.bulkMessages([
        together([
          write(1, []),
          { ...write(2), options: { trace: false, ifVersion } },
          write(3, [put("k"), put("l")]),
          write(4, [put("\u0000hidden")]),
        ]),
      ]),
    );
    expect(first).toMatchObject({ id: "1", outcome: { value: { code: "INVALID_ARGUMENT" } } });
    expect(second).toMatchObject({ id: "2", outcome: { value: { code: "VERSION_MISMATCH" } } });
    expect(third).toMatchObject({ id: "3", outcome: { $case: "result", value: { version: 1 } } });
    expect(fourth).toMatchObject({ id: "4", outcome: { value: { code: "INVALID_ARGUMENT" } } });
  });

  test("have outcomes of their own when some of them are unknown", async () => {
    node.beforeWrite = async ({ operations: [first] }) =>
      first?.key === "lost"
        ? failed("OUTCOME_UNKNOWN", "not settled in time", { members: { version: 7 } })
        : undefined;
    const answers = answersOf(
      await client.bulkMessages([together([write(1), write(2, [put("lost")]), write(3)])]),
    );
    expect(answers).toMatchObject([
      { id: "1", outcome: { $case: "result" } },
      { id: "2", outcome: { value: { code: "OUTCOME_UNKNOWN", members: '{"version":7}' } } },
      { id: "3", outcome: { $case: "result" } },
    ]);
  });

  test("may be mixed with writes that come alone, which are answered alone", async () => {
    const messages = await client.bulkMessages([
      alone(write(0)),
      together([write(1), write(2)]),
      alone(write(3)),
      together([write(4)]),
    ]);
    expect(idsOf(messages)).toEqual(ids(5));
    const alones = messages.filter(({ answers }) => answers.length === 0).map(({ id }) => id);
    expect(alones).toEqual(["0", "3"]);
  });

  test("go out again in messages that every client can take, however long their failures", async () => {
    const members = { note: "n".repeat(2000) };
    node.beforeWrite = async () => failed("RECOVERING", "d".repeat(3000), { members });
    const messages = await client.bulkMessages([together(writes(1024))]);
    expect(idsOf(messages)).toEqual(ids(1024));
    const sizes = messages.map((message) => BulkWriteResponse.encode(message).finish().length);
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024);
  });

  test("are not read any more while too many are unanswered", async () => {
    let [asked, release, full] = [0, () => {}, () => {}];
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const filled = new Promise<void>((resolve) => {
      full = resolve;
    });
    node.beforeWrite = async () => {
      if (++asked === 1024) full();
      await gate;
      return undefined;
    };
    const all = client.bulkMessages(ids(20).map((id) => together(writes(1000, Number(id) * 1000))));
    await filled;
    // Another call's round trip is time enough for the stream to run over, if it could.
    for (let calls = 0; calls < 20; calls++) await client.status();
    expect(asked).toBeLessThanOrEqual(2047);
    release();
    expect(idsOf(await all)).toEqual(ids(20_000));
  });
});

describe("a message that breaks a rule ends the stream once all before it is answered, and writes nothing", () => {
  const before = [bytesOf(together(writes(2))), bytesOf(alone(write(2)))];
  /** So many empty writes: two bytes each. */
  const empty = (count: number) => Buffer.from("2200".repeat(count), "hex");

  test.each([
    ["more than 1,024 writes", bytesOf(together(writes(1025))), "1 to 1024"],
    [
      "more than 4,096 operations",
      bytesOf(together(ids(33).map((id) => write(Number(id), Array(125).fill(put("k")))))),
      "4096 operations",
    ],
    ["both forms", bytesOf({ ...together(writes(1)), id: "1" }), '"writes"'],
    ["both forms", bytesOf({ ...together(writes(1)), operations: [put("k")] }), '"writes"'],
    ["30,000 empty writes", empty(30_000), "1 to 1024"],
    ["1,000,000 empty writes", empty(1_000_000), "parts"],
  ])("%s", async (_, message, detail) => {
    const after = bytesOf(together(writes(2)));
    const end = await endOf([...before, message, after]);
    expect(end).toMatchObject({ ids: ids(3), code: "INVALID_ARGUMENT" });
    expect(end.detail).toContain(detail);
    expect(node.applied).toBe(3);
  });

  test("but the most that is allowed is carried out", async () => {
    const operations = ["a", "b", "c", "d"].map(put);
    const idempotencyKey = "i".repeat(255);
    const most = { trace: true, quorum: 1, timeoutMs: 600_000, ifVersion: "0", idempotencyKey };
    const all = ids(1024).map((id) => ({
      ...write(
        Number(id),
        operations.map((each) => ({ ...each, ifVersion: "1" })),
      ),
      options: most,
    }));
    expect(idsOf(await client.bulkMessages([together(all)]))).toEqual(ids(1024));
  });
});

test("answers that a client leaves unread stop the stream, and are all there when it reads on", async () => {
  const stream = client.raw.bulkWrite();
  const messages: BulkWriteResponse[] = [];
  const [count, size] = [40, 1000];
  let asked = 0;
  node.beforeWrite = async () => {
    asked += 1;
    return failed("RECOVERING", "d".repeat(1000));
  };
  for (let at = 0; at < count; at++) stream.write(together(writes(size, at * size)));
  stream.end();
  let before = -1;
  // Until no more is taken: each round trip of another call is time enough for one more message.
  while (asked > before || asked === 0) {
    before = asked;
    for (let calls = 0; calls < 20; calls++) await client.status();
  }
  expect(asked).toBeLessThan((count * size) / 2);
  stream.on("data", (message: BulkWriteResponse) => messages.push(message));
  await once(stream, "end");
  expect(idsOf(messages)).toEqual(ids(count * size));
});
