/** What the audit log of a node records, over REST and gRPC. */
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refusalOf, showing, TestClient } from "../test/support/kv-client.ts";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";
import { bearer, TestTokens } from "../test/support/token-file.ts";
import { BulkWriteRequest } from "./grpc/generated/quorumkv/v1/kv.ts";

let cluster: SmallCluster;
let directory: string;
let path: string;
let tokens: TestTokens;
let admin: string;
let scoped: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "quorum-kv-audit-"));
  path = join(directory, "audit");
  tokens = new TestTokens();
  admin = tokens.add("boss", { role: "admin" });
  scoped = tokens.add("app", { role: "write", prefixes: ["users/"] });
});
afterEach(async () => {
  await cluster.close();
  tokens.delete();
  rmSync(directory, { recursive: true });
});

const start = async (auditWrites = false) => {
  const settings = { tokensFile: tokens.path, auditLog: path, auditWrites };
  cluster = await startSmallCluster({ settings });
};
const call = (target: string, given: RestCall = {}) =>
  ask(cluster.leader.gateway.url, target, given);
type Line = Readonly<Record<string, unknown>>;
const linesIn = (file: string): Line[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text));
/** Waits until there are that many lines; they are written a moment after their calls. */
const lines = async (count: number, file = path): Promise<Line[]> => {
  for (;;) {
    const found = linesIn(file);
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

test("has a line for each administrative call and each refusal, and none for reads and writes", async () => {
  await start();
  const json = { method: "PUT", headers: bearer(scoped), body: { key: "users/1", value: 1 } };
  expect((await call("/write", json)).status).toBe(200);
  expect((await call("/read?key=users/1", { headers: bearer(scoped) })).status).toBe(200);
  await call("/config", { method: "PATCH", headers: bearer(admin), body: { maxDelay: 0 } });
  await call("/config", { method: "PATCH", headers: bearer(admin), body: { maxDelay: "x" } });
  await call("/config", { method: "PATCH", headers: bearer(scoped), body: {} });
  await call("/read?key=secret", { headers: { ...bearer(scoped), "x-forwarded-for": "10.0.0.7" } });
  await call("/read?prefix=a", { headers: bearer(scoped) });
  await call("/status?x=1", { headers: bearer("wrong") });
  await call("/status", { headers: { host: "evil.example" } });
  const found = await lines(7);
  const shared = { node: "leader", address: "127.0.0.1" };
  const boss = { ...shared, actor: "boss", role: "admin", via: "token" };
  const app = { ...shared, actor: "app", role: "write", via: "token" };
  const nobody = { ...shared, actor: "", role: "none", via: "anonymous" };
  expect(found.map(({ time, ...rest }) => rest)).toEqual([
    { ...boss, call: "PATCH /config", outcome: "OK" },
    { ...boss, call: "PATCH /config", outcome: "INVALID_ARGUMENT" },
    { ...app, call: "PATCH /config", outcome: "PERMISSION_DENIED" },
    {
      ...app,
      call: "GET /read",
      keys: ["secret"],
      forwardedFor: "10.0.0.7",
      outcome: "PERMISSION_DENIED",
    },
    { ...app, call: "GET /read", keys: ["a*"], outcome: "PERMISSION_DENIED" },
    { ...nobody, call: "GET /status", outcome: "UNAUTHENTICATED" },
    { ...nobody, call: "GET /status", outcome: "MISDIRECTED" },
  ]);
  for (const { time } of found) expect(String(new Date(String(time)).toISOString())).toBe(time);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const token of [admin, scoped]) expect(readFileSync(path, "utf8")).not.toContain(token);
});

test("has writes with AUDIT_WRITES=1, with their keys and outcomes, over REST and gRPC", async () => {
  await start(true);
  const batch = [{ put: { key: "users/1", value: 1 } }, { put: { key: "users/2", value: 1 } }];
  await call("/write/batch", {
    method: "POST",
    headers: bearer(scoped),
    body: { operations: batch },
  });
  const body = { key: "users/absent" };
  await call("/write", { method: "DELETE", headers: bearer(scoped), body });
  const client = new TestClient(cluster.leader.config.grpcPort, showing(scoped));
  await client.put("users/3", "1");
  await refusalOf(client.read("secret"));
  const operation = { $case: "remove" as const, value: { key: "users/3" } };
  await client.bulkWrite([
    BulkWriteRequest.fromPartial({ id: "1", operations: [{ operation }] }),
    BulkWriteRequest.fromPartial({
      id: "2",
      operations: [{ operation: { ...operation, value: { key: "secret" } } }],
    }),
  ]);
  client.close();
  const found = await lines(6);
  const facts = found.map(({ call: of, keys, outcome, actor, address }) => [
    ...[of, keys, outcome, actor, address],
  ]);
  const who = ["app", "127.0.0.1"];
  expect(facts.slice(0, 4)).toEqual([
    ["POST /write/batch", ["users/1", "users/2"], "OK", ...who],
    ["DELETE /write", ["users/absent"], "KEY_NOT_FOUND", ...who],
    ["quorumkv.v1.KV/Write", ["users/3"], "OK", ...who],
    ["quorumkv.v1.KV/Read", ["secret"], "PERMISSION_DENIED", ...who],
  ]);
  // The writes of a stream run at the same time.
  expect(facts.slice(4)).toHaveLength(2);
  expect(facts.slice(4)).toEqual(
    expect.arrayContaining([
      ["quorumkv.v1.KV/BulkWrite", ["users/3"], "OK", ...who],
      ["quorumkv.v1.KV/BulkWrite", ["secret"], "PERMISSION_DENIED", ...who],
    ]),
  );
});

describe("the file", () => {
  test("goes on under its name once it is moved away", async () => {
    await start();
    await call("/status");
    await lines(1);
    renameSync(path, `${path}.1`);
    await call("/status");
    await call("/status");
    while (!linesExist(path)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await lines(2)).toHaveLength(2);
    expect(linesIn(`${path}.1`)).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

const linesExist = (file: string): boolean => {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
};
