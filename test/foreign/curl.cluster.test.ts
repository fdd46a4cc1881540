/** What shell scripts do with curl: conditions, waits, batches, and writes that are sent again. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Cluster, startCluster } from "../support/cluster.ts";
import { findProgram, need } from "../support/programs.ts";

const program = findProgram("curl");
const json = ["-H", "content-type: application/json"];
const folder = mkdtempSync(join(tmpdir(), "kv-curl-"));
let cluster: Cluster;

beforeAll(async () => {
  if (program === undefined) return;
  cluster = await startCluster({ followers: 2, failover: true, env: { WRITE_QUORUM: "1" } });
});
afterAll(async () => {
  await cluster?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach((context) => need(context, { curl: program }));

/** The status and the body. `-f` is not among the arguments, so curl succeeds with any answer. */
async function curl(...args: readonly string[]): Promise<{ status: string; body: string }> {
  const all = ["--silent", "--show-error", "--write-out", "\n%{http_code}", ...args];
  const { stdout } = await promisify(execFile)(`${program}`, all);
  const [status = "", ...body] = stdout.split("\n").toReversed();
  return { status, body: body.toReversed().join("\n") };
}

async function put(key: string, value: unknown, ...args: readonly string[]) {
  const body = JSON.stringify({ key, value });
  const { url } = cluster.node("follower1");
  const answer = await curl(
    ...["-X", "PUT", `${url}/nodes/@leader/write`, ...json, ...args, "-d", body],
  );
  const { version } = JSON.parse(answer.body) as { version: number };
  return { status: answer.status, version };
}

test("a file is fetched again only once its key has changed", async () => {
  const { version } = await put("page", { text: "one" });
  const tag = join(folder, "tag");
  const file = join(folder, "file");
  const address = `${cluster.leader.url}/read?key=page&raw=true`;
  const again = () =>
    curl("--etag-save", tag, "--etag-compare", tag, "--output", file, "--compressed", address);
  expect((await again()).status).toBe("200");
  expect([readFileSync(tag, "utf8").trim(), readFileSync(file, "utf8")]).toEqual([
    `"${version}"`,
    '{"text":"one"}',
  ]);
  expect((await again()).status).toBe("304");
  await put("page", { text: "two" });
  expect((await again()).status).toBe("200");
  expect(readFileSync(file, "utf8")).toBe('{"text":"two"}');
});

test("a write is lost to nobody: its condition is the version that was read", async () => {
  const { version } = await put("counter", 1);
  const next = await put("counter", 2, "-H", `if-match: "${version}"`);
  const late = await put("counter", 3, "-H", `if-match: "${version}"`);
  const taken = await put("counter", 4, "-H", "if-none-match: *");
  expect([next.status, late.status, taken.status]).toEqual(["200", "412", "412"]);
  expect(late.version).toBe(next.version);
});

test("a read waits until its key is written", async () => {
  const { version } = await put("news", "old");
  const address = `${cluster.node("follower2").url}/read?key=news&after=${version}`;
  const ended = await curl(`${address}&wait=1ms`);
  expect(ended.status).toBe("304");
  const held = curl(`${address}&wait=600s`);
  await put("news", "new");
  const answer = await held;
  expect([answer.status, JSON.parse(answer.body).value]).toEqual(["200", "new"]);
});

test("a batch is one entry, or nothing", async () => {
  const address = `${cluster.leader.url}/nodes/@leader/write/batch`;
  const batch = (...operations: readonly object[]) =>
    curl(...["-X", "POST", address, ...json, "-d", JSON.stringify({ operations })]);
  const done = await batch({ put: { key: "b/1", value: 1 } }, { put: { key: "b/2", value: 2 } });
  const { version } = JSON.parse(done.body) as { version: number };
  const check = { check: { key: "b/1", ifVersion: version + 1 } };
  const refused = await batch({ delete: { key: "b/2" } }, check);
  expect([refused.status, JSON.parse(refused.body)]).toEqual([
    "409",
    expect.objectContaining({ index: 1, key: "b/1", version }),
  ]);
  const body = JSON.stringify({ keys: ["b/1", "b/2", "b/3"] });
  const view = await curl("-X", "POST", `${cluster.leader.url}/read`, ...json, "-d", body);
  const entries = [1, 2].map((value) => ({ key: `b/${value}`, value, version }));
  expect(JSON.parse(view.body).entries).toEqual([...entries, null]);
});

test("a watch prints each write as it happens", async () => {
  const { version } = await put("w/0", 0);
  const address = `${cluster.node("follower1").url}/watch?prefix=w/&after=${version}`;
  const child = spawn(`${program}`, ["--silent", "--no-buffer", address], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const data = async (): Promise<unknown> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the watch ended");
      if (value.startsWith("data: ")) return JSON.parse(value.slice(6)).value;
    }
  };
  await put("w/1", "one");
  expect(await data()).toBe("one");
  await put("w/2", "two");
  expect(await data()).toBe("two");
  const exited = once(child, "exit");
  child.kill();
  await exited;
});

test("a write that is sent until it is answered takes effect once, at the next leader", async () => {
  const leader = await cluster.untilLed();
  const other = cluster.nodes.find((node) => node !== leader);
  await leader.kill();
  // In a file curl keeps the last answer alone; on its output those of all tries follow each other.
  const file = join(folder, "answer");
  const write = async (value: string) => {
    const { status } = await curl(
      ...["-X", "PUT", `${other?.url}/nodes/@leader/write`, ...json, "--output", file],
      ...["-H", "idempotency-key: order-17", "--retry", "1000", "--retry-all-errors"],
      ...["-d", JSON.stringify({ key: "order/17", value })],
    );
    return { status, body: readFileSync(file, "utf8") };
  };
  const first = await write("paid");
  const second = await write("paid");
  expect([first.status, second.status]).toEqual(["200", "200"]);
  expect(JSON.parse(second.body).version).toBe(JSON.parse(first.body).version);
  const another = await curl(
    ...["-X", "PUT", `${other?.url}/nodes/@leader/write`, ...json],
    ...["-H", "idempotency-key: order-17", "-d", '{"key":"order/17","value":"lost"}'],
  );
  expect([another.status, JSON.parse(another.body).code]).toEqual([
    "422",
    "IDEMPOTENCY_KEY_REUSED",
  ]);
  expect((await cluster.untilLed([leader])).id).not.toBe(leader.id);
});
