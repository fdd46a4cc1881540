/** What a stranger finds on the port: generic clients that know no generated code, and garbage. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import {
  Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, loadSync } from "@grpc/proto-loader";
import { protoPath as healthProtoPath } from "grpc-health-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { openToAll } from "../../test/support/open-access.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import { kvServiceName } from "./definition.ts";
import { publicServices } from "./public-services.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

let node: StandInNode;
let server: GrpcServer;
let port: number;
const ends: (() => void)[] = [];

beforeEach(async () => {
  node = new StandInNode();
  const config = { nodes: [], host: "127.0.0.1", grpcPort: 0 };
  server = createGrpcServer({ config, log: silent });
  ({ port } = await server.serve(
    publicServices({ node, followers: 0, access: openToAll(), log: silent }),
  ));
});

afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await server.close();
});

/** The named service's client, made at run time from descriptors. */
const clientOf = (definition: Parameters<typeof loadPackageDefinition>[0], name: string) => {
  let found: GrpcObject | GrpcObject[string] = loadPackageDefinition(definition);
  for (const part of name.split(".")) found = (found as GrpcObject)[part] as GrpcObject[string];
  const Found = found as ServiceClientConstructor;
  const client = new Found(`127.0.0.1:${port}`, credentials.createInsecure());
  ends.push(() => client.close());
  return client;
};

const ask = (client: InstanceType<ServiceClientConstructor>, method: string, request: object) =>
  new Promise<object>((resolve, reject) => {
    const done = (error: Error | null, value: object) =>
      error === null ? resolve(value) : reject(error);
    client[method]?.call(client, request, done);
  });

describe("reflection", () => {
  const reflection = () => {
    const main = createRequire(import.meta.url).resolve("@grpc/reflection");
    const directory = join(dirname(main), "../proto");
    const definition = loadSync("grpc/reflection/v1/reflection.proto", {
      includeDirs: [directory],
      keepCase: true,
    });
    return clientOf(definition, "grpc.reflection.v1.ServerReflection");
  };

  const reflect = async (request: object) => {
    const stream = reflection()["ServerReflectionInfo"]?.();
    stream.write(request);
    const [answer] = await once(stream, "data");
    stream.end();
    return answer;
  };

  test("lists what is public, and only that", async () => {
    const answer = await reflect({ list_services: "" });
    const names = answer.list_services_response.service.map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(["grpc.health.v1.Health", kvServiceName]);
  });

  test("gives a stranger all it needs to write and read", async () => {
    const answer = await reflect({ file_containing_symbol: kvServiceName });
    const files: Buffer[] = answer.file_descriptor_response.file_descriptor_proto;
    // A FileDescriptorSet is its files, each as field 1.
    const set = files.flatMap((file) => [Buffer.from([0x0a, ...varint(file.length)]), file]);
    const definition = loadFileDescriptorSetFromBuffer(Buffer.concat(set), { longs: Number });
    const client = clientOf(definition, kvServiceName);
    await ask(client, "Write", { key: "k", value: "[1]" });
    expect(await ask(client, "Read", { key: "k" })).toEqual({
      entry: { key: "k", value: "[1]", version: 1 },
    });
  });

  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
});

describe("health", () => {
  const health = () =>
    clientOf(loadSync(healthProtoPath, { enums: String }), "grpc.health.v1.Health");

  test("says whether the node is ready, as a whole, for the service, for reads and writes", async () => {
    const client = health();
    for (const service of ["", kvServiceName, "reads", "writes"]) {
      expect(await ask(client, "Check", { service })).toEqual({ status: "SERVING" });
      node.ready = false;
      expect(await ask(client, "Check", { service })).toEqual({ status: "NOT_SERVING" });
      node.ready = true;
    }
    await expect(ask(client, "Check", { service: "other" })).rejects.toMatchObject({ code: 5 });
  });

  test("tells those who watch, up to the end", async () => {
    const stream = health()["Watch"]?.({ service: "" });
    stream.on("error", () => {});
    expect(await once(stream, "data")).toEqual([{ status: "SERVING" }]);
    node.ready = false;
    expect(await once(stream, "data")).toEqual([{ status: "NOT_SERVING" }]);
    node.ready = true;
    expect(await once(stream, "data")).toEqual([{ status: "SERVING" }]);
    const last = once(stream, "data");
    await server.close();
    expect(await last).toEqual([{ status: "NOT_SERVING" }]);
  });
});

describe("garbage on the port", () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const frame = (type: number, payload: Buffer) => {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head.writeUInt32BE(1, 5);
    return Buffer.concat([head, payload]);
  };
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const garbage: Readonly<Record<string, Buffer>> = {
    "random bytes": randomBytes(4096),
    "an HTTP/1 request": Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "a preface and random bytes": Buffer.concat([preface, randomBytes(4096)]),
    "random frames": Buffer.concat([
      preface,
      settings,
      ...Array.from({ length: 12 }, (_, type) => frame(type, randomBytes(32))),
    ]),
    nothing: Buffer.alloc(0),
  };

  test.each(Object.entries(garbage))("%s: the others are served on", async (_, bytes) => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    ends.push(() => socket.destroy());
    await once(socket, "connect");
    socket.resume().end(bytes);
    await once(socket, "close");
    const health = clientOf(loadSync(healthProtoPath, { enums: String }), "grpc.health.v1.Health");
    expect(await ask(health, "Check", { service: "" })).toEqual({ status: "SERVING" });
  });

  test("on a replication stream ends that stream alone", async () => {
    const listening = new Promise<string>((resolve) => {
      server.network.listen(() => ({ received() {}, closed: resolve }));
    });
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    ends.push(() => client.close());
    const call = client.makeBidiStreamRequest(
      "/quorumkv.v1.ReplicationService/Replicate",
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
    );
    call.on("error", () => {});
    call.resume().write(Buffer.from([0xff, 0xff]));
    const code = new Promise((resolve) => call.once("status", (ended) => resolve(ended.code)));
    expect(await code).not.toBe(0);
    await listening;
    const health = clientOf(loadSync(healthProtoPath, { enums: String }), "grpc.health.v1.Health");
    expect(await ask(health, "Check", { service: "" })).toEqual({ status: "SERVING" });
  });
});
