/** Every row of the table of calls, asked of real nodes over real sockets. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ followers: 2 });
});
afterAll(() => cluster.close());

const leader = (target: string, call?: RestCall) => ask(cluster.leader.gateway.url, target, call);
const follower = (target: string, call?: RestCall) =>
  ask(cluster.followers[0]?.gateway.url ?? "", target, call);
const put = (body: object) => leader("/write", { method: "PUT", body });
const versionOf = async (body: object) => Number((await put(body)).json["version"]);

describe("PUT /write", () => {
  test("answers key, version, quorum, acks in order and latency", async () => {
    const answer = await put({ key: "a", value: { x: [1, null, "é"] } });
    expect(answer.status).toBe(200);
    const { key, version, quorum, acks, latencyMs, ...rest } = answer.json;
    expect([key, quorum, rest]).toEqual(["a", 2, {}]);
    expect(version).toBeGreaterThan(0);
    expect([...(acks as string[])].sort()).toEqual(["follower1", "follower2"]);
    expect(latencyMs).toBeGreaterThan(0);
    expect(String(latencyMs)).toMatch(/^\d+(\.\d{1,3})?$/);
  });

  test("with trace, each ack has its times", async () => {
    const answer = await put({ key: "a", value: 1, trace: true, quorum: 1 });
    const [ack] = answer.json["acks"] as Record<string, unknown>[];
    expect(Object.keys(ack ?? {})).toEqual(["node", "ms", "delayMs"]);
    expect(answer.json["quorum"]).toBe(1);
  });

  test.each([
    [null, "null"],
    [false, "false"],
    [-1.5e-7, "-1.5e-7"],
    ['\ud83d\ude00 \u2028 " \\ \0', undefined],
    [[], "[]"],
    [{}, "{}"],
  ])("keeps the value %j", async (value, shown) => {
    await put({ key: "kept", value });
    const answer = await leader("/read?key=kept");
    expect(answer.json["value"]).toEqual(value);
    if (shown !== undefined) expect(answer.text).toContain(`"value":${shown},`);
  });

  test.each([
    '{"__proto__":{"x":"\\ud83d\\ude00"}}',
    '{"b":1,"10":2,"9":[1.10,-0,1e-400,4.9e-324]}',
    '"\\u0041\\/"',
    "12345678901234567890",
  ])("keeps the text %s", async (value) => {
    const body = `{"key":"text", "value": ${value.replaceAll(":", ": ")} }`;
    expect((await leader("/write", { method: "PUT", body })).status).toBe(200);
    expect((await leader("/read?key=text")).text).toContain(`"value":${value},`);
    expect((await leader("/read?prefix=text")).text).toContain(`"value":${value},`);
  });

  test("reads what an earlier version stored and would be refused now", async () => {
    const value = '{"b":"\\ud800","a":1}';
    await cluster.leader.node.write({ operations: [{ key: "earlier", value }] });
    for (const target of ["/read?key=earlier", "/read?prefix=earlier"]) {
      expect((await leader(target)).text).toContain(`"value":${value},`);
    }
  });

  test.each(["__proto__", "constructor", "a/b?c=d&e#f", "a\0", " ", "+", "%", "😀", "\n"])(
    "takes the key %j",
    async (key) => {
      const version = await versionOf({ key, value: 1 });
      const answer = await leader(`/read?key=${encodeURIComponent(key)}`);
      expect(answer.json).toEqual({ key, value: 1, version });
    },
  );

  test("takes a key of 1024 bytes and a value of 1 MiB", async () => {
    const key = "é".repeat(512);
    const value = "x".repeat(1024 * 1024 - 2);
    expect((await put({ key, value })).status).toBe(200);
    const answer = await leader(`/read?key=${encodeURIComponent(key)}`);
    expect(answer.json["value"]).toBe(value);
    await leader("/write", { method: "DELETE", body: { key } });
  });

  test("with ifVersion writes only over that version, and names the present one", async () => {
    const version = await versionOf({ key: "cas", value: 1, ifVersion: 0 });
    const refused = await put({ key: "cas", value: 2, ifVersion: 0 });
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({ code: "VERSION_MISMATCH", version });
    expect((await put({ key: "cas", value: 2, ifVersion: version })).status).toBe(200);
  });

  test("on a follower names the leader", async () => {
    const answer = await follower("/write", { method: "PUT", body: { key: "a", value: 1 } });
    expect(answer.status).toBe(421);
    expect(answer.json).toMatchObject({
      code: "NOT_LEADER",
      leader: "leader",
      leaderUrl: cluster.leader.gateway.url,
    });
  });
});

describe("DELETE /write", () => {
  test("removes the key; a missing one is 404", async () => {
    await put({ key: "gone", value: 1 });
    const remove = { method: "DELETE", body: { key: "gone" } };
    const answer = await leader("/write", remove);
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(["key", "version", "quorum", "acks", "latencyMs"]);
    expect((await leader("/read?key=gone")).json["code"]).toBe("KEY_NOT_FOUND");
    expect((await leader("/write", remove)).status).toBe(404);
  });
});

describe("POST /write/batch", () => {
  const batch = (body: object) => leader("/write/batch", { method: "POST", body });

  test("is one entry: all its keys have one version", async () => {
    await put({ key: "b0", value: 0 });
    const answer = await batch({
      operations: [
        { put: { key: "b1", value: 1 } },
        { put: { key: "b2", value: null, ifVersion: 0 } },
        { delete: { key: "b0" } },
      ],
    });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual(["version", "quorum", "acks", "latencyMs"]);
    const version = answer.json["version"];
    const { json } = await leader("/read?prefix=b");
    expect(json["entries"]).toEqual([
      { key: "b1", value: 1, version },
      { key: "b2", value: null, version },
    ]);
  });

  test("a top-level ifVersion holds for each operation without its own", async () => {
    const version = await versionOf({ key: "bv", value: 1 });
    const operations = [
      { put: { key: "bv", value: 2, ifVersion: version } },
      { put: { key: "bw", value: 2 } },
    ];
    expect((await batch({ operations, ifVersion: 0 })).status).toBe(200);
    expect((await batch({ operations, ifVersion: 0 })).status).toBe(409);
  });

  test("with one key twice and a version for both is refused, saying why", async () => {
    const operations = [1, 2].map((value) => ({ put: { key: "twice", value } }));
    const answer = await batch({ operations, ifVersion: 0 });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
    expect(answer.json["detail"]).toContain("operation 0 of this batch puts");
    expect((await batch({ operations })).status).toBe(200);
  });

  test("takes 1 to 128 operations", async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ put: { key: `m${i}`, value: i } }));
    expect((await batch({ operations: many(128) })).status).toBe(200);
    for (const count of [0, 129]) {
      expect((await batch({ operations: many(count) })).status).toBe(400);
    }
  });
});

describe("a batch with checks", () => {
  const batch = (...operations: object[]) =>
    leader("/write/batch", { method: "POST", body: { operations } });

  test("writes only if every key that it checks is as it says", async () => {
    const version = await versionOf({ key: "checked", value: 1 });
    const check = { check: { key: "checked", ifVersion: version } };
    const absent = { check: { key: "never there", ifVersion: 0 } };
    const put = { put: { key: "depends", value: 1 } };
    expect((await batch(check, absent, put)).status).toBe(200);
    expect((await leader("/read?key=checked")).json["version"]).toBe(version);
    const newer = await versionOf({ key: "checked", value: 2 });
    const again = { put: { key: "depends", value: 2 } };
    expect(await batch(again, check)).toMatchObject({
      status: 409,
      json: { code: "VERSION_MISMATCH", index: 1, key: "checked", version: newer },
    });
    expect((await leader("/read?key=depends")).json["value"]).toBe(1);
  });

  test("names the operation whose own condition failed, and 0 for an absent key", async () => {
    const put = { put: { key: "alone", value: 1, ifVersion: 7 } };
    const json = { code: "VERSION_MISMATCH", index: 1, key: "alone", version: 0 };
    expect(await batch({ put: { key: "first", value: 1 } }, put)).toMatchObject({ json });
    const single = await leader("/write", { method: "PUT", body: put.put });
    expect(single.json).not.toHaveProperty("index");
  });

  test.each<[string, object[], string]>([
    ["without a write", [{ check: { key: "a", ifVersion: 0 } }], "at least one"],
    ["without a version", [{ check: { key: "a" } }, { delete: { key: "b" } }], "Operation 0"],
    ["with a value", [{ check: { key: "a", ifVersion: 1, value: 1 } }], '"value"'],
    [
      "after a put of its key",
      [{ put: { key: "a", value: 1 } }, { check: { key: "a", ifVersion: 1 } }],
      "operation 0 of this batch puts",
    ],
  ])("%s is refused", async (_, operations, detail) => {
    const answer = await batch(...operations);
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
    expect(String(answer.json["detail"]).toLowerCase()).toContain(detail.toLowerCase());
  });

  test("may check a key that it writes afterwards, and one that it has deleted", async () => {
    const version = await versionOf({ key: "moved", value: 1 });
    const answer = await batch(
      { check: { key: "moved", ifVersion: version } },
      { delete: { key: "moved" } },
      { check: { key: "moved", ifVersion: 0 } },
      { put: { key: "moved", value: 2 } },
    );
    expect(answer.status).toBe(200);
  });
});

describe("an Idempotency-Key", () => {
  const send = (key: string, body: object, method = "PUT", target = "/write") =>
    leader(target, { method, body, headers: { "idempotency-key": key } });

  test("lets a write take effect once, and a repeat is answered as the first one", async () => {
    const keys = (await leader("/status")).json["keys"];
    const first = await send("k1", { key: "once", value: [1.0] });
    expect(first.headers["idempotency-replayed"]).toBeUndefined();
    const again = await send("k1", { key: "once", value: [1.0], timeoutMs: 9_000, trace: false });
    expect(again).toMatchObject({ status: 200, headers: { "idempotency-replayed": "true" } });
    const { key, version, quorum } = first.json;
    expect(again.json).toMatchObject({ key, version, quorum });
    expect(Object.keys(again.json)).toEqual(Object.keys(first.json));
    expect((await leader("/status")).json["keys"]).toBe(Number(keys) + 1);
  });

  test("holds for deletes, batches and conditions, which are not checked again", async () => {
    const batch = { operations: [{ put: { key: "kb", value: 1, ifVersion: 0 } }] };
    const first = await send("k2", batch, "POST", "/write/batch");
    const again = await send("k2", batch, "POST", "/write/batch");
    expect([again.status, again.json["version"]]).toEqual([200, first.json["version"]]);
    const gone = await send("k3", { key: "kb" }, "DELETE");
    const goneAgain = await send("k3", { key: "kb" }, "DELETE");
    expect([goneAgain.status, goneAgain.json["version"]]).toEqual([200, gone.json["version"]]);
  });

  test("belongs to one write: another one is refused", async () => {
    await send("k4", { key: "one", value: 1 });
    for (const body of [
      { key: "one", value: 2 },
      { key: "one", value: 1, quorum: 1 },
    ])
      expect(await send("k4", body)).toMatchObject({
        status: 422,
        json: { code: "IDEMPOTENCY_KEY_REUSED", idempotencyKey: "k4" },
      });
    expect((await send("k4", { key: "one" }, "DELETE")).status).toBe(422);
  });

  test("of a refused write is free", async () => {
    expect((await send("k5", { key: "free", value: 1, ifVersion: 7 })).status).toBe(409);
    expect((await send("k5", { key: "free", value: 2 })).status).toBe(200);
  });

  test("is 1 to 255 visible ASCII characters", async () => {
    const body = { key: "a", value: 1 };
    expect((await send("!~".repeat(127), body)).status).toBe(200);
    for (const key of ["", "two words", "\u00e9", "x".repeat(256)])
      expect(await send(key, body)).toMatchObject({
        status: 400,
        json: { code: "INVALID_ARGUMENT" },
      });
  });

  test("leaves nothing that clients see: no key, no event of a watch", async () => {
    await send("k6", { key: "seen", value: 1 });
    const { json } = await leader("/read?prefix=&limit=1000");
    for (const { key } of json["entries"] as { key: string }[]) expect(key).not.toMatch(/^\0/);
    for (const target of ["/read?key=%00idempotency/k6", "/read?key=%00"])
      expect(await leader(target)).toMatchObject({ status: 400 });
    expect((await put({ key: "\0", value: 1 })).status).toBe(400);
    expect((await leader("/read?prefix=%00")).json["entries"]).toEqual([]);
    expect((await leader("/read?after=%00a&limit=1")).json["entries"]).toHaveLength(1);
  });
});

describe("POST /read", () => {
  const many = (body: object) => leader("/read", { method: "POST", body });

  test("answers several keys in the order asked, null for those that are absent", async () => {
    const version = await versionOf({ key: "v1", value: { n: 1.0 } });
    await put({ key: "v2", value: null });
    const { status, json } = await many({ keys: ["v2", "nothing", "v1", "v2"] });
    expect(status).toBe(200);
    const second = { key: "v2", value: null, version: version + 1 };
    expect(json).toEqual({
      entries: [second, null, { key: "v1", value: { n: 1 }, version }, second],
      sequence: version + 1,
    });
  });

  test("takes consistency and minVersion as a read of one key does", async () => {
    const version = await versionOf({ key: "v1", value: 2 });
    const asked = { keys: ["v1"], minVersion: version };
    const answer = await follower("/read", { method: "POST", body: asked });
    expect(answer.json).toEqual({
      entries: [{ key: "v1", value: 2, version }],
      sequence: version,
    });
    for (const consistency of ["local", "linearizable"])
      expect((await many({ keys: ["v1"], consistency })).json["entries"]).toHaveLength(1);
    expect((await many({ keys: ["v1"], consistency: "eventual" })).status).toBe(400);
    expect((await many({ keys: ["v1"], minVersion: -1 })).status).toBe(400);
  });

  test("takes 1 to 128 good keys", async () => {
    const keys = Array.from({ length: 128 }, (_, index) => `k${index}`);
    expect((await many({ keys })).status).toBe(200);
    for (const bad of [[], [...keys, "one more"], [""], ["\ud800"], [1], "a"])
      expect((await many({ keys: bad })).status).toBe(400);
    expect((await many({ keys: ["a"], key: "a" })).status).toBe(400);
    expect((await leader("/read?key=a", { method: "POST", body: { keys } })).status).toBe(400);
    expect((await many({ keys: ["x".repeat(1025)] })).status).toBe(413);
  });

  test("refuses values that are too much for one answer", async () => {
    const value = "x".repeat(1_000_000);
    for (const key of ["large1", "large2", "large3"]) await put({ key, value });
    expect((await many({ keys: ["large1", "large2"] })).status).toBe(200);
    expect(await many({ keys: ["large1", "large2", "large3"] })).toMatchObject({
      status: 413,
      json: { code: "TOO_LARGE" },
    });
  });
});

describe("GET /read", () => {
  test("pages through keys in byte order", async () => {
    for (const key of ["p/b", "p/a", "p/\uffff", "p/😀"]) await put({ key, value: key });
    const keys: string[] = [];
    let after = "";
    for (let next: unknown = ""; next !== null; ) {
      const { json } = await leader(`/read?prefix=p/&limit=3&after=${encodeURIComponent(after)}`);
      keys.push(...(json["entries"] as { key: string }[]).map((entry) => entry.key));
      next = json["next"];
      if (typeof next === "string") after = next;
    }
    expect(keys).toEqual(["p/a", "p/b", "p/\uffff", "p/😀"]);
  });

  test("names the sequence of the list", async () => {
    const version = await versionOf({ key: "a", value: 1 });
    const { json } = await leader("/read?prefix=none");
    expect(json).toEqual({ entries: [], next: null, sequence: version });
  });

  test("on a follower, minVersion reads the write it names", async () => {
    const version = await versionOf({ key: "ryw", value: "new" });
    const answer = await follower(`/read?key=ryw&minVersion=${version}`);
    expect(answer.json).toEqual({ key: "ryw", value: "new", version });
    expect(Number(answer.headers["x-kv-sequence"])).toBeGreaterThanOrEqual(version);
  });

  test("takes + as a space", async () => {
    await put({ key: "green & co", value: 1 });
    expect((await leader("/read?key=green+%26+co")).status).toBe(200);
  });
});

test("GET /status describes the node", async () => {
  const { json } = await follower("/status");
  expect(json).toMatchObject({ id: "follower1", role: "follower", leader: "leader", ready: true });
  for (const name of ["epoch", "last", "committed", "applied", "keys", "uptimeSeconds"]) {
    expect(json[name]).toBeTypeOf("number");
  }
  expect(json["digest"]).toMatch(/^[0-9a-f]{16}$/);
});

test("GET /cluster is the leader's view, from any node", async () => {
  for (const { gateway } of [cluster.leader, ...cluster.followers]) {
    const { json } = await ask(gateway.url, "/cluster");
    expect(json).toMatchObject({ servedBy: "leader", fromLeader: true });
    const ids = (json["nodes"] as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(["leader", "follower1", "follower2"]);
  }
});

describe("PATCH /config", () => {
  const patch = (body: object) => leader("/config", { method: "PATCH", body });

  test("takes effect at once and answers what is in force", async () => {
    const answer = await patch({ writeQuorum: 1, minDelay: 1, maxDelay: 2 });
    expect(answer.json).toEqual({ writeQuorum: 1, minDelay: 1, maxDelay: 2, followerDelays: {} });
    expect((await put({ key: "a", value: 1 })).json["quorum"]).toBe(1);
    expect((await patch({ minDelay: 0, maxDelay: 0 })).json["writeQuorum"]).toBe(1);
    expect((await patch({ writeQuorum: 2 })).status).toBe(200);
  });

  test("sets and clears the delays of single followers", async () => {
    const followerDelays = { follower2: { minDelayMs: 0, maxDelayMs: 3 } };
    expect((await patch({ followerDelays })).json["followerDelays"]).toEqual(followerDelays);
    expect((await patch({ followerDelays: {} })).json["followerDelays"]).toEqual({});
  });

  test.each([
    { writeQuorum: 3 },
    { writeQuorum: -1 },
    { writeQuorum: 1.5 },
    { minDelay: 5, maxDelay: 4 },
    { minDelay: 5 },
    { maxDelay: 60_001 },
    { maxDelay: 2.5 },
    { followerDelays: { follower9: { minDelayMs: 0, maxDelayMs: 0 } } },
    { followerDelays: { follower1: { minDelayMs: 2, maxDelayMs: 1 } } },
    { followerDelays: { follower1: {} } },
    { timeout: 1 },
  ])("refuses %j", async (body) => {
    expect(await patch(body)).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  });

  test("on a follower names the leader", async () => {
    const answer = await follower("/config", { method: "PATCH", body: { writeQuorum: 1 } });
    expect(answer).toMatchObject({ status: 421, json: { leaderUrl: cluster.leader.gateway.url } });
  });
});

test("/livez, /readyz and /metrics answer", async () => {
  expect((await leader("/livez")).json).toEqual({ status: "ok" });
  expect(await leader("/readyz")).toMatchObject({
    status: 200,
    json: { ready: true, reasons: [] },
  });
  const { text, headers } = await leader("/metrics");
  expect(headers["content-type"]).toMatch(/^text\/plain/);
  for (const name of [
    'kv_write_latency_seconds_count{outcome="settled"}',
    "kv_settle_latency_seconds_sum",
    'kv_replication_lag_entries{node="follower1"}',
    'kv_replication_lag_seconds{node="follower2"}',
    "kv_in_flight_entries",
    "kv_batch_entries_count",
    "kv_flush_seconds_count",
    "kv_digest_mismatches_total",
    'kv_event_loop_delay_seconds_bucket{le="0.001"}',
    'kv_member_state{node="follower1",state="live"} 1',
    'kv_http_requests_total{route="/write",method="PUT",status="200"}',
  ]) {
    expect(text).toContain(name);
  }
});

describe("every answer", () => {
  const targets = ["/read?key=none", "/nope", "/", "/livez", "/read?x=1", "/nodes/nobody/status"];
  test.each(targets)("carries the node's headers: %s", async (target) => {
    const { headers } = await follower(target);
    expect(headers["x-kv-node"]).toBe("follower1");
    expect(headers["x-kv-role"]).toBe("follower");
    expect(headers["x-kv-sequence"]).toMatch(/^\d+$/);
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  test.each([
    ["PUT", "/read", "GET, POST, HEAD, OPTIONS"],
    ["GET", "/write", "PUT, DELETE, OPTIONS"],
    ["GET", "/write/batch", "POST, OPTIONS"],
    ["PUT", "/status", "GET, HEAD, OPTIONS"],
    ["DELETE", "/events", "GET, HEAD, OPTIONS"],
    ["POST", "/config", "PATCH, OPTIONS"],
    ["DELETE", "/", "GET, HEAD, OPTIONS"],
  ])("%s %s is 405 and names what is allowed", async (method, target, allow) => {
    const answer = await leader(target, { method });
    expect(answer).toMatchObject({ status: 405, headers: { allow } });
    expect(answer.json["code"]).toBe("METHOD_NOT_ALLOWED");
  });

  test.each([
    ["/write", "PUT, DELETE, OPTIONS"],
    ["/nodes/leader/write/batch", "POST, OPTIONS"],
    ["/status", "GET, HEAD, OPTIONS"],
    ["/", "GET, HEAD, OPTIONS"],
  ])(
    "OPTIONS %s names what is allowed, and grants other origins nothing",
    async (target, allow) => {
      const headers = { origin: "http://evil.example", "access-control-request-method": "PUT" };
      const answer = await follower(target, { method: "OPTIONS", headers });
      expect(answer).toMatchObject({ status: 204, text: "", headers: { allow } });
      expect(answer.headers["content-length"]).toBeUndefined();
      expect(Object.keys(answer.headers).join()).not.toContain("access-control");
    },
  );

  test.each([
    "*/*",
    "application/json",
    "application/problem+json;q=0.1",
    "text/html",
    "image/*;q=0",
  ])("Accept: %s gets JSON", async (accept) => {
    const { status, headers } = await follower("/status", { headers: { accept } });
    expect([status, headers["content-type"]]).toEqual([200, "application/json"]);
  });

  test("HEAD answers like GET, without the body", async () => {
    for (const target of ["/status", "/read?key=none", "/cluster", "/metrics", "/"]) {
      const { status } = await leader(target);
      expect(await leader(target, { method: "HEAD" })).toMatchObject({ status, text: "" });
    }
  });
});
