/** Whatever a client sends, it gets one answer of the documented table, and the node stays up. */
import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask, askRaw, type RestCall } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster;
let url: string;
let port: number;
beforeAll(async () => {
  cluster = await startSmallCluster();
  ({ url, port } = cluster.leader.gateway);
});
afterAll(() => cluster.close());
afterEach(async () => {
  const answer = await ask(url, "/write", { method: "PUT", body: { key: "alive", value: 1 } });
  expect(answer.status).toBe(200);
});

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const mebibyte = 1024 * 1024;
const manyFields = (count: number) =>
  `{"key":"a","value":1,${Array.from({ length: count }, (_, i) => `"f${i}":0`).join(",")}}`;

describe("PUT /write refuses", () => {
  test.each<[string, RestCall["body"], number, string]>([
    ["no body", undefined, 400, "body"],
    ["an empty body", "", 400, "body"],
    ["no JSON", "{", 400, "JSON"],
    ["JSON with a byte order mark", '\ufeff{"key":"a","value":1}', 400, "JSON"],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400, "UTF-8"],
    ["an array", [], 400, "object"],
    ["null", "null", 400, "object"],
    ["a string", '"x"', 400, "object"],
    ["no key", { value: 1 }, 400, '"key"'],
    ["no value", { key: "a" }, 400, '"value"'],
    ["a key that is a number", { key: 1, value: 1 }, 400, '"key"'],
    ["an empty key", { key: "", value: 1 }, 400, '"key"'],
    ["a key with a lone surrogate", '{"key":"\\ud800","value":1}', 400, '"key"'],
    ["a key of 1025 bytes", { key: "x".repeat(1025), value: 1 }, 413, '"key"'],
    ["a key of 1026 bytes in 513 characters", { key: "é".repeat(513), value: 1 }, 413, '"key"'],
    ["an unknown field", { key: "a", value: 1, vlaue: 2 }, 400, '"vlaue"'],
    ["a field called __proto__", '{"key":"a","value":1,"__proto__":{}}', 400, '"__proto__"'],
    ["a field called constructor", { key: "a", value: 1, constructor: 1 }, 400, '"constructor"'],
    ["a quorum beyond the followers", { key: "a", value: 1, quorum: 1 }, 400, '"quorum"'],
    ["a negative quorum", { key: "a", value: 1, quorum: -1 }, 400, '"quorum"'],
    ["a quorum of 0.5", { key: "a", value: 1, quorum: 0.5 }, 400, '"quorum"'],
    ["a quorum as text", { key: "a", value: 1, quorum: "0" }, 400, '"quorum"'],
    ["a quorum of null", { key: "a", value: 1, quorum: null }, 400, '"quorum"'],
    ["timeoutMs 0", { key: "a", value: 1, timeoutMs: 0 }, 400, '"timeoutMs"'],
    ["timeoutMs without end", '{"key":"a","value":1,"timeoutMs":1e999}', 400, '"timeoutMs"'],
    ["ifVersion beyond 2^53", { key: "a", value: 1, ifVersion: 2 ** 53 }, 400, '"ifVersion"'],
    ["trace as a number", { key: "a", value: 1, trace: 1 }, 400, '"trace"'],
    ["a number beyond a double", '{"key":"a","value":[1,-1e400]}', 400, "double"],
    ["a value with a lone surrogate", '{"key":"a","value":["\\ud800"]}', 400, '"value"'],
    ["a value with a name twice", '{"key":"a","value":{"x":1,"x":2}}', 400, '"value"'],
    ["a key twice", '{"key":"a","value":1,"key":"b"}', 400, '"key"'],
    ["a quorum just above 0", '{"key":"a","value":1,"quorum":1e-400}', 400, '"quorum"'],
    ["a value 129 deep", `{"key":"a","value":${deep(129)}}`, 400, "deep"],
    ["a value 900,000 deep", `{"key":"a","value":${deep(900_000)}}`, 400, "deep"],
    ["depth in an unknown field", `{"key":"a","value":1,"x":${deep(500_000)}}`, 400, '"x"'],
    ["100,000 fields", manyFields(100_000), 400, '"f0"'],
    ["a value above 1 MiB", { key: "a", value: "x".repeat(mebibyte - 1) }, 413, '"value"'],
    ["a body above 2 MiB", { key: "a", value: "x".repeat(2 * mebibyte) }, 413, "body"],
    ["a body of 20 MiB", { key: "a", value: "x".repeat(20 * mebibyte) }, 413, "body"],
  ])("%s", async (_name, body, status, named) => {
    const answer = await ask(url, "/write", {
      method: "PUT",
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json).toMatchObject({
      status,
      code: status === 413 ? "TOO_LARGE" : "INVALID_ARGUMENT",
      detail: expect.stringContaining(named),
    });
  });

  test.each([
    ["text/plain", {}],
    ["application/json; charset=utf-16", {}],
    ["application/x-www-form-urlencoded", {}],
    ["application/jsonp", {}],
    ["application/json charset=utf-8", {}],
    [`application/json${"; ".repeat(7000)}x`, {}],
    ["", {}],
    ["application/json", { "content-encoding": "gzip" }],
    ["application/json", { "content-encoding": "br, gzip" }],
  ])("a body of type %j %j", async (type, headers) => {
    const bomb = gzipSync(Buffer.alloc(10 * mebibyte));
    const answer = await ask(url, "/write", {
      method: "PUT",
      body: bomb,
      headers: { "content-type": type, ...headers },
    });
    expect(answer).toMatchObject({ status: 415, json: { code: "UNSUPPORTED_MEDIA_TYPE" } });
  });

  test.each([
    "application/json",
    "Application/JSON; charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/json;",
    "application/json ; ",
    "application/json;;charset=utf-8; ;",
  ])("nothing of type %s", async (type) => {
    const body = { key: "typed", value: 1 };
    const answer = await ask(url, "/write", {
      method: "PUT",
      body,
      headers: { "content-type": type },
    });
    expect(answer.status).toBe(200);
  });

  test("a query", async () => {
    const body = { key: "a", value: 1 };
    const answer = await ask(url, "/write?key=b", { method: "PUT", body });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  });
});

describe("DELETE /write and POST /write/batch refuse", () => {
  const put = { put: { key: "a", value: 1 } };
  test.each<[string, string, unknown, string]>([
    ["DELETE", "/write", { key: "a", value: 1 }, '"value"'],
    ["DELETE", "/write", {}, '"key"'],
    ["POST", "/write/batch", {}, '"operations"'],
    ["POST", "/write/batch", { operations: {} }, '"operations"'],
    ["POST", "/write/batch", { operations: [{}] }, '"operations.0"'],
    ["POST", "/write/batch", { operations: [put, null] }, '"operations.1"'],
    ["POST", "/write/batch", { operations: [{ ...put, delete: { key: "a" } }] }, "either"],
    ["POST", "/write/batch", { operations: [{ get: { key: "a" } }] }, '"get"'],
    ["POST", "/write/batch", { operations: [{ put: { key: "a" } }] }, '"operations.0.put.value"'],
    ["POST", "/write/batch", { operations: [put, { delete: { key: "" } }] }, "Operation 1"],
    [
      "POST",
      "/write/batch",
      '{"operations":[{},{"put":{"key":"a","value":1e999}}]}',
      '"operations.1',
    ],
    [
      "POST",
      "/write/batch",
      '{"operations":[{"put":{"key":"a","value":1},"put":5}]}',
      "two members",
    ],
    ["POST", "/write/batch", { operations: [put], key: "a" }, '"key"'],
    ["POST", "/write/batch", { operations: Array(400_000).fill({}) }, "400000"],
  ])("%s %s %j", async (method, target, body, named) => {
    const answer = await ask(url, target, { method, body });
    expect(answer.status).toBe(400);
    expect(answer.json["detail"]).toContain(named);
  });
});

describe("GET refuses", () => {
  test.each([
    ["/read?key=", 400],
    ["/read?key=a&key=b", 400],
    ["/read?key=a&k%65y=b", 400],
    ["/read?ky=a", 400],
    ["/read?__proto__=a", 400],
    ["/read?key=%", 400],
    ["/read?key=%zz", 400],
    ["/read?key=%ff", 400],
    ["/read?key=%ED%A0%80", 400],
    ["/read?%ff=a", 400],
    [`/read?key=${"x".repeat(1025)}`, 413],
    [`/read?prefix=${"x".repeat(1025)}`, 413],
    [`/read?key=${"x".repeat(20_000)}`, 413],
    ["/read?key=a&prefix=b", 400],
    ["/read?key=a&limit=1", 400],
    ["/read?prefix=a&minVersion=1", 400],
    ["/read?key=a&minVersion=-1", 400],
    ["/read?key=a&minVersion=1e3", 400],
    ["/read?key=a&minVersion=0x1", 400],
    ["/read?key=a&minVersion=", 400],
    ["/read?key=a&minVersion=99999999999999999999", 400],
    ["/read?limit=0", 400],
    ["/read?limit=1001", 400],
    ["/read?limit=1.5", 400],
    ["/read?limit=NaN", 400],
    ["/status?x=1", 400],
    ["/cluster?x", 400],
    ["/watch?after=x", 400],
    ["/watch?prefix=a&prefix=b", 400],
    ["/events?x=1", 400],
    ["/READ", 404],
    ["/read/", 404],
    ["/read/x", 404],
    ["//read", 404],
    ["/%", 404],
    ["/../etc/passwd", 404],
    ["/..%2f..%2fetc/passwd", 404],
    ["/assets/../../package.json", 404],
    ["/faults", 404],
    ["/sweeps/..", 404],
  ])("%s with %i", async (target, status) => {
    const answer = await ask(url, target);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ status, code: expect.stringMatching(/^[A-Z_]+$/) });
    expect(answer.headers["x-kv-node"]).toBe("leader");
  });

  test("a Last-Event-ID that is no number", async () => {
    const answer = await ask(url, "/watch", { headers: { "last-event-id": "abc" } });
    expect(answer).toMatchObject({ status: 400, json: { code: "INVALID_ARGUMENT" } });
  });
});

describe("on a bare socket", () => {
  const read = (rest: string) => `GET /livez HTTP/1.1\r\n${rest}Connection: close\r\n\r\n`;
  test.each([
    ["no HTTP", "hello\r\n\r\n", 400],
    ["binary", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), 400],
    ["no Host", read(""), 400],
    ["two Hosts", read("Host: localhost\r\nHost: localhost\r\n"), 400],
    ["a strange Host", read("Host: evil.example\r\n"), 421],
    ["a header without a colon", read("Host: localhost\r\nnonsense\r\n"), 400],
    ["two lengths", read("Host: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n"), 400],
    [
      "length and chunks",
      read("Host: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
      400,
    ],
    ["a huge head", read(`Host: localhost\r\nX: ${"x".repeat(20_000)}\r\n`), 413],
    ["CONNECT", "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n", 405],
    ["another method", "BREW /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    [
      "a target that is no path",
      "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      400,
    ],
    ["raw UTF-8 in the target", "GET /read?key=ü HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["another version", "GET /livez HTTP/3.7\r\nHost: localhost\r\n\r\n", 400],
  ])("%s gets a problem document", async (_name, bytes, status) => {
    const answer = await askRaw(port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("application/problem+json");
    expect(answer).toContain("X-KV-Node: leader");
    expect(answer.match(/^HTTP\/1\.1 \d/gm)).toHaveLength(1);
  });

  test.each([
    [
      "a whole URL as target",
      "GET http://other.example/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
    ["an unknown expectation", read("Host: localhost\r\nExpect: tea\r\n")],
    ["an upgrade", read("Host: localhost\r\nUpgrade: websocket\r\n")],
    ["HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n"],
  ])("%s is served", async (_name, bytes) => {
    expect(await askRaw(port, bytes)).toMatch(/^HTTP\/1.1 200 /);
  });

  test("a broken chunk ends in one answer", async () => {
    const head = "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const answer = await askRaw(
      port,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"key\r\nzz\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer.match(/^HTTP\/1\.1 \d/gm)).toHaveLength(1);
  });

  test("garbage after a whole request comes second", async () => {
    const answer = await askRaw(
      port,
      "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nnonsense\r\n\r\n",
    );
    const statuses = answer.match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });

  test("pipelined requests are answered in order", async () => {
    const first = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const put = "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    const body = '{"key":"pipe","value":1}';
    const second = `${put}Content-Length: ${body.length}\r\n\r\n${body}`;
    const third = "GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    const answer = await askRaw(port, first + second + third);
    const statuses = answer.match(/HTTP\/1\.1 \d+/g);
    expect(statuses).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 404"]);
  });

  test("a client that goes away in the middle of its body disturbs nobody", async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.write("PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
    socket.write('Content-Length: 100\r\n\r\n{"key":"half"');
    await ask(url, "/livez");
    socket.resetAndDestroy();
    await once(socket, "close");
    expect((await ask(url, "/read?key=half")).status).toBe(404);
  });
});
