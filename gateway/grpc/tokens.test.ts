/** What a token opens over gRPC. */
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import {
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { errorOf, refusalOf, showing, TestClient, together } from "../../test/support/kv-client.ts";
import { silentLog } from "../../test/support/small-cluster.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import { bearer, TestTokens } from "../../test/support/token-file.ts";
import { Access } from "../access/access.ts";
import { TokenFile } from "../access/token-file.ts";
import { wrongTokensMax } from "../access/wrong-tokens.ts";
import {
  type BatchOperation,
  BulkWriteRequest,
  type BulkWriteResponse,
  KVService,
} from "./generated/quorumkv/v1/kv.ts";
import { publicServices } from "./public-services.ts";

let tokens: TestTokens;
let file: TokenFile;
let node: StandInNode;
let server: GrpcServer;
let port: number;
let refused: string[];
const clients: TestClient[] = [];

const clientWith = (token?: string): TestClient => {
  const client = new TestClient(port, token === undefined ? {} : showing(token));
  clients.push(client);
  return client;
};
const putOf = (key: string): BatchOperation => ({
  operation: { $case: "put", value: { key, value: "1" } },
  ifVersion: undefined,
});
const asked = (id: string, ...keys: string[]) =>
  BulkWriteRequest.fromPartial({ id, operations: keys.map(putOf) });

beforeEach(async () => {
  tokens = new TestTokens();
  node = new StandInNode();
  refused = [];
});
/** The server reads the tokens that a test has added. */
const serve = async () => {
  file = await TokenFile.open({ path: tokens.path, log: silentLog, now: () => Date.now() });
  const access = new Access({
    config: { admin: true, auditWrites: false },
    tokens: file,
    refused: (code) => refused.push(code),
    now: () => performance.now(),
  });
  server = createGrpcServer({
    config: { nodes: [], host: "127.0.0.1", grpcPort: 0 },
    log: silentLog,
  });
  ({ port } = await server.serve(publicServices({ node, followers: 1, access, log: silentLog })));
};
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
  file.close();
  tokens.delete();
});

/** Each call of the service, by the role that it needs. */
const calls: readonly (readonly [
  need: string,
  name: string,
  (client: TestClient) => Promise<unknown>,
])[] = [
  ["read", "Read", (client) => client.read("a")],
  [
    "read",
    "List",
    (client) => client.list({ prefix: "a", limit: 1, after: undefined, consistency: 0 }),
  ],
  ["read", "ReadMany", (client) => client.readMany(["a", "b"])],
  ["read", "Status", (client) => client.status()],
  ["read", "Watch", (client) => opened(client)],
  ["write", "Write", (client) => client.put("a", "1")],
  ["write", "Delete", (client) => client.remove("a")],
  ["write", "Batch", (client) => client.batch([putOf("a")])],
  ["write", "BulkWrite", (client) => client.bulkWrite([asked("1", "a")])],
];
const opened = async (client: TestClient) => {
  const stream = client.raw.watch({ prefix: "", after: undefined });
  try {
    await new Promise((resolve, reject) => stream.once("metadata", resolve).once("error", reject));
  } finally {
    stream.on("error", () => {}).cancel();
  }
};

describe("every call", () => {
  test("is in the table", async () => {
    await serve();
    const all = Object.keys(KVService).map((name) => name.toLowerCase());
    expect(calls.map(([, name]) => name.toLowerCase()).toSorted()).toEqual(all.toSorted());
  });

  test.each(calls)("%s: %s", async (need, _name, call) => {
    const reader = tokens.add("reader", { role: "read" });
    const writer = tokens.add("writer", { role: "write" });
    await serve();
    await clientWith(writer).put("a", "0");
    const stranger = await refusalOf(call(clientWith()));
    expect(stranger).toMatchObject({ status: status.UNAUTHENTICATED, code: "UNAUTHENTICATED" });
    const wrong = await refusalOf(call(clientWith("wrong")));
    expect(wrong).toMatchObject({ status: status.UNAUTHENTICATED, code: "UNAUTHENTICATED" });
    if (need === "read") await call(clientWith(reader));
    else {
      const { code, status: number } = await refusalOf(call(clientWith(reader)));
      expect([code, number]).toEqual(["PERMISSION_DENIED", status.PERMISSION_DENIED]);
    }
    await call(clientWith(writer));
    expect(refused).toContain("UNAUTHENTICATED");
  });

  test("a refused write is not repeated by the client's library", async () => {
    await serve();
    const error = await errorOf(clientWith().put("a", "1"));
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
  });

  test("many wrong tokens are RATE_LIMITED, while a right one passes", async () => {
    const reader = tokens.add("reader", { role: "read" });
    await serve();
    const client = clientWith("wrong");
    const codes: (string | undefined)[] = [];
    for (let count = 0; count <= wrongTokensMax; count += 1)
      codes.push((await refusalOf(client.status())).code);
    expect(codes.indexOf("RATE_LIMITED")).toBe(wrongTokensMax);
    await clientWith(reader).status();
  });
});

describe("the port's other services", () => {
  test("health is open", async () => {
    await serve();
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const path = "/grpc.health.v1.Health/Check";
    const answer = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        (error, bytes) => (error === null ? resolve(bytes ?? Buffer.alloc(0)) : reject(error)),
      );
    });
    client.close();
    expect([...answer]).toEqual([8, 1]);
  });

  test("reflection needs a token", async () => {
    tokens.add("reader", { role: "read" });
    await serve();
    const main = createRequire(import.meta.url).resolve("@grpc/reflection");
    const definition = loadSync("grpc/reflection/v1/reflection.proto", {
      includeDirs: [join(dirname(main), "../proto")],
    });
    // biome-ignore lint/suspicious/noExplicitAny: the client is made at run time.
    const { ServerReflection } = (loadPackageDefinition(definition) as any).grpc.reflection.v1;
    const client = new ServerReflection(`127.0.0.1:${port}`, credentials.createInsecure());
    const stream = client.serverReflectionInfo();
    stream.write({ listServices: "" });
    const [error] = (await once(stream, "error")) as [ServiceError];
    client.close();
    expect(error.code).toBe(status.UNAUTHENTICATED);
  });
});

describe("a token for prefixes", () => {
  test("opens the keys that start with them, and no others", async () => {
    const admin = clientWithLater(tokens.add("admin", { role: "admin" }));
    const scoped = clientWithLater(tokens.add("scoped", { role: "write", prefixes: ["users/"] }));
    await serve();
    await admin().put("secret", "1");
    const client = scoped();
    await client.put("users/1", "1");
    expect((await client.read("users/1")).entry?.value).toBe("1");
    const list = { limit: 10, after: undefined, consistency: undefined };
    expect((await client.list({ prefix: "users/", ...list })).entries).toHaveLength(1);
    const outside = [
      client.read("secret"),
      client.read("absent"),
      client.readMany(["users/1", "secret"]),
      client.list({ prefix: "", ...list }),
      client.put("secret", "2"),
      client.remove("secret"),
      client.batch([putOf("users/2"), putOf("secret")]),
      opened(client),
    ];
    const refusals = await Promise.all(outside.map(refusalOf));
    expect(refusals.map(({ code }) => code)).toEqual(outside.map(() => "PERMISSION_DENIED"));
    expect(refusals[0]?.detail).toBe(refusals[1]?.detail);
    expect((await refusalOf(client.read("users/2"))).code).toBe("KEY_NOT_FOUND");
  });

  test("is judged for each write of a stream", async () => {
    const scoped = clientWithLater(tokens.add("scoped", { role: "write", prefixes: ["users/"] }));
    await serve();
    const answers = await scoped().bulkWrite([
      asked("1", "users/1"),
      asked("2", "users/2", "secret"),
      asked("3", "users/3"),
    ]);
    const codes = answers.map(({ id, outcome }) => [
      id,
      outcome?.$case === "failure" ? outcome.value.code : outcome?.$case,
    ]);
    expect(codes).toEqual([
      ["1", "result"],
      ["2", "PERMISSION_DENIED"],
      ["3", "result"],
    ]);
    expect(refused).toEqual(["PERMISSION_DENIED"]);
  });

  test("is judged for each of many writes in one message", async () => {
    const scoped = clientWithLater(tokens.add("scoped", { role: "write", prefixes: ["users/"] }));
    await serve();
    const writes = [asked("1", "users/1"), asked("2", "users/2", "secret"), asked("3", "users/3")];
    const messages = await scoped().bulkMessages([together(writes)]);
    const answers = messages.flatMap((message) => message.answers);
    expect(answers.map(({ outcome }) => outcome?.$case)).toEqual(["result", "failure", "result"]);
    expect(answers[1]?.outcome?.value).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(refused).toEqual(["PERMISSION_DENIED"]);
  });
});
const clientWithLater = (token: string) => () => clientWith(token);

describe("a token that is removed", () => {
  /** How a call ended. */
  const endOf = async (stream: NodeJS.EventEmitter): Promise<number> => {
    const [error] = (await once(stream, "error")) as [ServiceError];
    return error.code;
  };
  const passing = async () => {
    const token = tokens.add("passing", { role: "write" });
    await serve();
    return clientWith(token).raw;
  };

  test("ends a stream of writes once those before are answered", async () => {
    const stream = (await passing()).bulkWrite();
    const ended = endOf(stream);
    stream.write(asked("1", "a"));
    const [answer] = (await once(stream, "data")) as [BulkWriteResponse];
    expect(answer).toMatchObject({ id: "1", outcome: { $case: "result" } });
    tokens.remove("passing");
    expect(await ended).toBe(status.UNAUTHENTICATED);
  });

  test("ends a watch", async () => {
    const stream = (await passing()).watch({ prefix: "", after: undefined });
    const ended = endOf(stream);
    await once(stream, "metadata");
    expect(node.watchers).toBe(1);
    tokens.remove("passing");
    expect(await ended).toBe(status.UNAUTHENTICATED);
    expect(node.watchers).toBe(0);
  });
});

test("a stranger's message is not decoded", async () => {
  await serve();
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const send = (headers: Record<string, string>) =>
    new Promise<ServiceError | null>((resolve) => {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      client.makeUnaryRequest(
        "/quorumkv.v1.KV/Write",
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from([0xff, 0xff]),
        metadata,
        (error) => resolve(error),
      );
    });
  expect((await send(bearer("wrong")))?.code).toBe(status.UNAUTHENTICATED);
  client.close();
});
