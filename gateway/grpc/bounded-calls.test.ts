import { connect, constants } from "node:http2";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { Budget } from "../../src/intake/budget.ts";
import { FairSlots } from "../../src/intake/fair-slots.ts";
import { createIntake, type Intake } from "../../src/intake/intake.ts";
import { createGrpcServer, type GrpcServer } from "../../src/transport/server.ts";
import { refusalOf, TestClient } from "../../test/support/kv-client.ts";
import { openToAll } from "../../test/support/open-access.ts";
import { StandInNode } from "../../test/support/stand-in-node.ts";
import { boundCalls } from "./bounded-calls.ts";
import { publicServices } from "./public-services.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const kibibyte = 1024;

let server: GrpcServer;
let client: TestClient;
let url: string;
afterEach(async () => {
  client.close();
  await server.close();
});

const serve = async (bounds: Partial<Intake> = {}): Promise<Intake> => {
  const node = new StandInNode();
  const nodes = [{ id: "leader", host: "127.0.0.1", grpcPort: 1 }];
  const intake = { ...createIntake(), ...bounds };
  server = createGrpcServer({
    ...{ config: { nodes, host: "127.0.0.1", grpcPort: 0 }, log, intake },
    interceptors: [boundCalls(intake)],
  });
  const { port } = await server.serve(
    publicServices({ node, followers: 0, log, access: openToAll() }),
  );
  client = new TestClient(port);
  url = `http://127.0.0.1:${port}`;
  return intake;
};
const budget = (bytesMax: number) => new Budget({ bytesMax, safeMs: 1000, now: () => 0 });
const overloaded = { status: status.RESOURCE_EXHAUSTED, code: "OVERLOADED" };

test("a large answer without room is refused, small ones are sent", async () => {
  const intake = await serve({ answers: budget(64 * kibibyte) });
  await client.put("small", "1");
  await client.put("large", `"${"x".repeat(80 * kibibyte)}"`);
  expect(await refusalOf(client.list({ prefix: "" }))).toMatchObject(overloaded);
  expect(await refusalOf(client.read("large"))).toMatchObject(overloaded);
  expect(await refusalOf(client.readMany(["none", "large"]))).toMatchObject(overloaded);
  expect((await client.read("small")).entry?.value).toBe("1");
  expect(intake.answers).toMatchObject({ bytes: 0, refused: 3 });
});

test("an answer counts until its client has it", async () => {
  const intake = await serve();
  const value = `"${"x".repeat(80 * kibibyte)}"`;
  await client.put("large", value);
  expect((await client.read("large")).entry?.value).toBe(value);
  expect((await client.list({ prefix: "" })).entries).toHaveLength(1);
  expect((await client.readMany(["none", "large"])).entries).toHaveLength(2);
  expect(intake.answers.bytes).toBe(0);
});

test("a request without room is refused, and says that nothing was written", async () => {
  const intake = await serve({ requests: budget(64 * kibibyte) });
  expect(await refusalOf(client.put("k", `"${"x".repeat(80 * kibibyte)}"`))).toMatchObject(
    overloaded,
  );
  expect(await refusalOf(client.read("k"))).toMatchObject({ code: "KEY_NOT_FOUND" });
  expect(intake.requests).toMatchObject({ bytes: 0, refused: 1 });
});

test("a call without a place is refused before it is carried out", async () => {
  const calls = new FairSlots({ max: 1 });
  await serve({ calls });
  const slot = calls.enter("127.0.0.1", () => {});
  expect(await refusalOf(client.put("k", "1"))).toMatchObject(overloaded);
  slot?.leave();
  expect(await refusalOf(client.read("k"))).toMatchObject({ code: "KEY_NOT_FOUND" });
  expect(calls).toMatchObject({ count: 0, refused: 1 });
});

test("messages have a bound for each service", async () => {
  await serve();
  const send = (path: string, bytes: number) =>
    new Promise<ServiceError | null>((resolve) => {
      const same = (message: Buffer) => message;
      client.raw.makeUnaryRequest(path, same, same, Buffer.alloc(bytes), {}, resolve);
    });
  const tooLarge = { code: status.RESOURCE_EXHAUSTED };
  const mebibyte = kibibyte * kibibyte;
  expect(await send("/quorumkv.v1.KV/Write", 4 * mebibyte + 1)).toMatchObject(tooLarge);
  expect(await send("/quorumkv.v1.KV/Write", 4 * mebibyte)).not.toMatchObject(tooLarge);
  expect(await send("/grpc.health.v1.Health/Check", 16 * kibibyte + 1)).toMatchObject(tooLarge);
});

test("a request that does not arrive in time is cut off, and one that is carried out is not", async () => {
  const intake = await serve({ requestMsMax: 200 });
  const session = connect(url);
  const call = session.request({
    ...{ ":method": "POST", ":path": "/quorumkv.v1.KV/Write", te: "trailers" },
    "content-type": "application/grpc",
  });
  call.on("error", () => {});
  call.resume();
  // Its first bytes say that five more follow.
  call.write(Buffer.from([0, 0, 0, 0, 5]));
  const waiting = client.raw.watch({ prefix: "" });
  waiting.on("error", () => {});
  await new Promise((resolve) => call.once("close", resolve));
  expect(call.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  expect(intake.calls.count).toBe(1);
  waiting.cancel();
  session.close();
});
