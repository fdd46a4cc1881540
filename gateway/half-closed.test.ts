/** A client that ends its side after its requests, as `nc -N` does, still gets their answers. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusesOf, writeThenRead } from "../test/support/raw-client.ts";
import { ask } from "../test/support/rest.ts";
import { type SmallCluster, startSmallCluster } from "../test/support/small-cluster.ts";

let cluster: SmallCluster;
let url: string;
beforeAll(async () => {
  const settings = { minDelay: 100, maxDelay: 100 };
  cluster = await startSmallCluster({ followers: 1, settings });
  ({ url } = cluster.leader.gateway);
});
afterAll(() => cluster.close());

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const put = (body: object, target = "/write") => {
  const text = JSON.stringify(body);
  const head = `PUT ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`;
  return `${head}\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
};
const send = async (text: string, port = cluster.leader.gateway.port) => {
  const answer = await writeThenRead(port, [text], { halfClose: true });
  expect(answer.end).toBe("FIN");
  return answer.text;
};

test("a write that settles later", async () => {
  const text = await send(put({ key: "h/a", value: 1 }));
  expect(statusesOf(text)).toEqual([200]);
  expect(text).toContain('"acks":["follower1"]');
});

test("a write whose outcome stays unknown", async () => {
  const text = await send(put({ key: "h/b", value: 1, timeoutMs: 20 }));
  expect(statusesOf(text)).toEqual([504]);
});

test("reads, lists, metrics and the page", async () => {
  for (const target of ["/read?key=h/a", "/read?prefix=h/", "/metrics", "/"]) {
    expect(statusesOf(await send(get(target)))).toEqual([200]);
  }
  expect(statusesOf(await send("GET /livez HTTP/1.0\r\n\r\n"))).toEqual([200]);
});

test("a list of megabytes", async () => {
  const value = "x".repeat(500_000);
  for (const key of ["big/1", "big/2", "big/3", "big/4"]) {
    expect((await ask(url, "/write", { method: "PUT", body: { key, value } })).status).toBe(200);
  }
  const text = await send(get("/read?prefix=big/"));
  const length = Number(/Content-Length: (\d+)/.exec(text)?.[1]);
  expect(length).toBeGreaterThan(1_000_000);
  expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toHaveLength(length);
});

test("a read that waits for its version", async () => {
  const port = cluster.followers[0]?.gateway.port ?? 0;
  const { applied } = cluster.leader.node;
  const waiting = send(get(`/read?key=h/c&minVersion=${applied + 1}`), port);
  await send(put({ key: "h/c", value: 1 }));
  expect(statusesOf(await waiting)).toEqual([200]);
});

test("pipelined requests, all of them and in order", async () => {
  const requests = [
    ...[put({ key: "h/d", value: 1 }), get("/read?key=h/none"), put({ key: "h/e", value: 2 })],
    ...[
      get("/livez"),
      "PUT /write HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n\r\n",
    ],
  ];
  expect(statusesOf(await send(requests.join("")))).toEqual([200, 404, 200, 200, 415]);
});

test("calls that pass through another node", async () => {
  const port = cluster.followers[0]?.gateway.port ?? 0;
  const write = put({ key: "h/f", value: 1 }, "/nodes/leader/write");
  const text = await send(write + get("/nodes/leader/read?key=h/none"), port);
  expect(statusesOf(text)).toEqual([200, 404]);
});

test("a fault behind a whole request comes second", async () => {
  const text = await send(`${put({ key: "h/g", value: 1 })}nonsense\r\n\r\n`);
  expect(statusesOf(text)).toEqual([200, 400]);
});

test.each([
  ["head", "PUT /write HTTP/1.1\r\nHost"],
  ["body", put({ key: "h/h", value: 1 }).slice(0, -3)],
])("a half-sent %s is a fault, and nothing is written", async (_name, text) => {
  expect(statusesOf(await send(text))).toEqual([400]);
  expect((await ask(url, "/read?key=h/h")).status).toBe(404);
});

describe("an event stream", () => {
  test.each([
    ["/events", "event: hello"],
    ["/watch?prefix=h/&after=0", "retry: "],
  ])("%s shows what is known and ends, here and through another node", async (target, shown) => {
    const port = cluster.followers[0]?.gateway.port ?? 0;
    for (const text of [await send(get(target)), await send(get(`/nodes/leader${target}`), port)]) {
      expect(statusesOf(text)).toEqual([200]);
      expect(text).toContain(shown);
      expect(text).toContain(": the client ended its side");
      expect(text.endsWith("0\r\n\r\n")).toBe(true);
    }
  });

  test("many on one connection end like one", async () => {
    const text = await send(get("/watch").repeat(30));
    expect(statusesOf(text)).toEqual(Array(30).fill(200));
  });
});
