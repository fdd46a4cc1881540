/** Endpoints that do not behave: every call ends in time, and says what may have been written. */
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { KVError } from "./errors.ts";
import { QuorumKV } from "./quorum-kv.ts";

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    close: () => {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node that says it leads, and does the rest as told. */
async function nodeThat(handle: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url !== "/cluster") return handle(request, response);
    const view = { leader: "a", servedBy: "a", fromLeader: true, nodes: [{ id: "a", url }] };
    response.setHeader("content-type", "application/json").end(JSON.stringify(view));
  });
  const url = await listening(server);
  return url;
}

/** The idempotency key of each write that comes. */
async function keysSeenBy(handle: RequestListener) {
  const keys: unknown[] = [];
  const endpoint = await nodeThat((request, response) => {
    if (request.url === "/write") keys.push(request.headers["idempotency-key"]);
    handle(request, response);
  });
  return { endpoint, keys };
}

const problem =
  (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  (): [number, Record<string, string>, string] => [
    status,
    { "content-type": "application/problem+json", ...headers },
    JSON.stringify({ code, detail: code, ...more }),
  ];

const errorOf = async (call: Promise<unknown>): Promise<KVError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KVError) return error;
  throw new Error(`not a KVError: ${error}`);
};

const json = { "content-type": "application/json" };
const timeoutMs = 700;

const behaviours: readonly [string, RequestListener, code: string][] = [
  ["accepts and never answers", () => undefined, "TIMEOUT"],
  [
    "answers half a body and stops",
    (_, response) => response.writeHead(200, { ...json, "content-length": "99" }).write('{"ver'),
    "TIMEOUT",
  ],
  [
    "answers half a body and hangs up",
    (_, response) => {
      response.writeHead(200, { ...json, "content-length": "99" }).write('{"ver');
      setImmediate(() => response.destroy());
    },
    "CONNECTION_LOST",
  ],
  [
    "sends a body that never ends",
    (_, response) => {
      response.writeHead(200, json);
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    },
    // Whichever comes first: the limit of an answer, or the end of the call.
    "TIMEOUT|CONNECTION_LOST",
  ],
  ["hangs up", (request) => request.destroy(), "CONNECTION_LOST"],
  [
    "redirects",
    (_, response) => response.writeHead(307, { location: "http://127.0.0.1:9/" }).end(),
    "UNEXPECTED_ANSWER",
  ],
  [
    "is another server",
    (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Hello"),
    "UNEXPECTED_ANSWER",
  ],
  [
    "answers JSON of another kind",
    (_, response) => response.writeHead(200, json).end('{"hello":"world"}'),
    "UNEXPECTED_ANSWER",
  ],
  [
    "answers the problem of a later version",
    (_, response) => response.writeHead(418, json).end('{"code":"TEAPOT"}'),
    "UNEXPECTED_ANSWER",
  ],
  [
    "is a proxy whose node is away",
    (_, response) => response.writeHead(502, json).end("{}"),
    "UNEXPECTED_ANSWER",
  ],
];

describe.each(behaviours)("an endpoint that %s", (_, handle, code) => {
  test("leaves a write unknown, and without an idempotency key it is not sent again", async () => {
    const { endpoint, keys } = await keysSeenBy(handle);
    const kv = new QuorumKV({ endpoints: endpoint, timeoutMs, idempotency: false });
    const error = await errorOf(kv.put("k", 1));
    expect(code.split("|")).toContain(error.code);
    expect(error.written).toBe("unknown");
    expect(keys).toEqual([undefined]);
  });

  test("leaves a write unknown, also where it is sent again with its key", async () => {
    const { endpoint, keys } = await keysSeenBy(handle);
    const error = await errorOf(new QuorumKV({ endpoints: endpoint, timeoutMs }).put("k", 1));
    expect(error.written).toBe("unknown");
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[!-~]{1,255}$/);
  });

  test("does not keep a read from another endpoint", async () => {
    const bad = await nodeThat(handle);
    const good = await nodeThat((_request, response) =>
      response.writeHead(200, json).end('{"key":"k","value":1,"version":7}'),
    );
    const kv = new QuorumKV({ endpoints: [bad, good], timeoutMs: 9000, discover: false });
    expect((await kv.get("k"))?.version).toBe(7);
  });

  test("lets a read and a watch end with an error", async () => {
    const kv = new QuorumKV({ endpoints: await nodeThat(handle), timeoutMs });
    expect(await errorOf(kv.get("k"))).toMatchObject({ written: "no" });
    expect(await errorOf(kv.watch({ timeoutMs }).next())).toMatchObject({ written: "no" });
  });
});

test("a listener that does not even speak HTTP leaves nothing written", async () => {
  const kv = new QuorumKV({ endpoints: await listening(createTcpServer()), timeoutMs });
  const error = await errorOf(kv.put("k", 1));
  expect(["TIMEOUT", "UNREACHABLE"]).toContain(error.code);
  expect(error.written).toBe("no");
});

test("a port that nobody listens on leaves nothing written", async () => {
  const server = createTcpServer();
  const endpoints = await listening(server);
  server.close();
  const kv = new QuorumKV({ endpoints, timeoutMs: 3000 });
  for (const error of await Promise.all([kv.put("k", 1), kv.get("k")].map(errorOf))) {
    expect(error).toMatchObject({ code: "UNREACHABLE", written: "no" });
  }
});

test("a fetch that ignores its signal does not keep a call", async () => {
  const fetch = () => new Promise<Response>(() => undefined);
  const kv = new QuorumKV({ endpoints: "http://node", timeoutMs: 50, fetch });
  expect(await errorOf(kv.get("k"))).toMatchObject({ code: "TIMEOUT", written: "no" });
  expect(await errorOf(kv.put("k", 1))).toMatchObject({ written: "no" });
});

/** Answers each request to /write with the next of these, and the last one from then on. */
async function answers(
  ...given: readonly (() => [number, Record<string, string>, string])[]
): Promise<{ endpoint: string; sent: () => number }> {
  let sent = 0;
  const endpoint = await nodeThat((_, response) => {
    const [status, headers, body] = (given[sent] ?? given.at(-1) ?? problem(500, "INTERNAL"))();
    sent += 1;
    response.writeHead(status, headers).end(body);
  });
  return { endpoint, sent: () => sent };
}

const receipt = (): [number, Record<string, string>, string] => [
  200,
  json,
  '{"version":3,"quorum":1,"acks":["b"],"latencyMs":1}',
];

describe("a write that was refused", () => {
  test.each([
    "NO_LEADER",
    "NOT_LEADER",
    "QUORUM_UNAVAILABLE",
    "OVERLOADED",
    "RECOVERING",
    "SHUTTING_DOWN",
  ])("with %s is sent again", async (code) => {
    const { endpoint, sent } = await answers(problem(503, code), problem(503, code), receipt);
    const written = await new QuorumKV({ endpoints: endpoint, timeoutMs: 60_000 }).put("k", 1);
    expect(written.version).toBe(3);
    expect(sent()).toBe(3);
  });

  test.each([
    ["INVALID_ARGUMENT", "no"],
    ["PERMISSION_DENIED", "no"],
    ["UNAUTHENTICATED", "no"],
    ["RATE_LIMITED", "no"],
    ["TOO_LARGE", "no"],
    ["OUTCOME_UNKNOWN", "unknown"],
    ["INTERNAL", "unknown"],
  ] as const)("with %s is not, and is written: %s", async (code, written) => {
    const { endpoint, sent } = await answers(
      problem(500, code, { acks: ["b"], quorum: 3 }),
      receipt,
    );
    const kv = new QuorumKV({ endpoints: endpoint, idempotency: false });
    const error = await errorOf(kv.put("k", 1));
    expect(error).toMatchObject({ code, written, acks: ["b"], quorum: 3 });
    expect(sent()).toBe(1);
  });

  test("waits as long as the node asks, or gives up at once where that is too long", async () => {
    const busy = problem(503, "OVERLOADED", {}, { "retry-after": "30" });
    const { endpoint, sent } = await answers(busy, receipt);
    const error = await errorOf(new QuorumKV({ endpoints: endpoint, timeoutMs: 9000 }).put("k", 1));
    expect(error).toMatchObject({ code: "OVERLOADED", written: "no", retryAfterMs: 30_000 });
    expect(sent()).toBe(1);
  });

  test("keeps to a budget that all calls share", async () => {
    const { endpoint, sent } = await answers(problem(503, "NO_LEADER"));
    const kv = new QuorumKV({ endpoints: endpoint, timeoutMs: 6000 });
    const startedAt = performance.now();
    const calls = Array.from({ length: 300 }, (_, index) => errorOf(kv.put(`k${index}`, 1)));
    await Promise.all(calls);
    const seconds = (performance.now() - startedAt) / 1000;
    // Each once; and of retries the 100 of the bucket and 20 a second.
    expect(sent()).toBeGreaterThan(0);
    expect(sent()).toBeLessThanOrEqual(300 + 100 + 20 * seconds + 1);
  });
});

describe("a write with an idempotency key whose first attempt may be stored", () => {
  const unknown = problem(504, "OUTCOME_UNKNOWN", { acks: ["b"], quorum: 3 });

  test("is sent again, and answered with its receipt", async () => {
    const { endpoint, sent } = await answers(unknown, problem(500, "INTERNAL"), receipt);
    const { version } = await new QuorumKV({ endpoints: endpoint, timeoutMs: 60_000 }).put("k", 1);
    expect(version).toBe(3);
    expect(sent()).toBe(3);
  });

  test.each([
    ["VERSION_MISMATCH", { key: "k", version: 4 }],
    ["INVALID_ARGUMENT", {}],
    ["IDEMPOTENCY_KEY_REUSED", { idempotencyKey: "mine" }],
  ])("stays unknown when the second one is refused with %s", async (code, details) => {
    const { endpoint } = await answers(unknown, problem(409, code, details));
    const error = await errorOf(new QuorumKV({ endpoints: endpoint }).put("k", 1));
    expect(error).toMatchObject({ code, written: "unknown", status: 409, ...details });
  });

  test("is not called a delete of a key that there is not", async () => {
    const { endpoint } = await answers(unknown, problem(404, "KEY_NOT_FOUND"));
    const error = await errorOf(new QuorumKV({ endpoints: endpoint }).delete("k"));
    expect(error).toMatchObject({ code: "KEY_NOT_FOUND", written: "unknown" });
  });

  test("stays unknown when its signal ends it before the next one", async () => {
    const stop = new AbortController();
    const { endpoint } = await answers(() => {
      setImmediate(() => stop.abort());
      return problem(504, "OUTCOME_UNKNOWN", {}, { "retry-after": "30" })();
    });
    const kv = new QuorumKV({ endpoints: endpoint, timeoutMs: 60_000 });
    const error = await errorOf(kv.put("k", 1, { signal: stop.signal }));
    expect(error).toMatchObject({ code: "ABORTED", written: "unknown" });
  });

  test("is not sent when the cluster may have forgotten it", async () => {
    const later = problem(504, "OUTCOME_UNKNOWN", {}, { "retry-after": "301" });
    const { endpoint, sent } = await answers(later, receipt);
    const kv = new QuorumKV({ endpoints: endpoint, timeoutMs: 3_600_000 });
    expect(await errorOf(kv.put("k", 1))).toMatchObject({ written: "unknown" });
    expect(sent()).toBe(1);
  });

  test("has one for each call, or the one that the call names", async () => {
    const { endpoint, keys } = await keysSeenBy((_, response) =>
      response.writeHead(200, json).end(receipt()[2]),
    );
    const kv = new QuorumKV({ endpoints: endpoint });
    await kv.put("k", 1);
    await kv.delete("k");
    await kv.put("k", 1, { idempotencyKey: "mine" });
    await kv.put("k", 1, { idempotencyKey: false });
    expect(new Set(keys).size).toBe(4);
    expect(keys.slice(2)).toEqual(["mine", undefined]);
  });
});

test("a token goes with every call, and not from https to http", async () => {
  const seen: string[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { authorization } = init.headers as Record<string, string>;
    seen.push(`${new URL(url).origin} ${authorization}`);
    const nodes = [{ id: "a", url: "http://other" }];
    const view = { leader: "a", servedBy: "b", fromLeader: true, nodes };
    const body = url.endsWith("/cluster") ? JSON.stringify(view) : receipt()[2];
    return new Response(body, { status: 200, headers: json });
  };
  const kv = new QuorumKV({ endpoints: "https://node", token: "secret", fetch });
  await kv.put("k", 1);
  expect(new Set(seen)).toEqual(new Set(["https://node Bearer secret"]));
});
